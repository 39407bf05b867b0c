import { setTimeout as sleep } from 'node:timers/promises';
import type { Account, Caller, Signed } from './caller.js';
import type { Operation } from './recorder.js';
import type { SeededRandom } from './seeded-random.js';
import type { Stalkers } from './stalkers.js';

export interface Load {
  readonly users: number;
  readonly workers: number;
  readonly instances: number;
  /** Milliseconds between two calls of a worker. */
  readonly think: number;
  /** Revocations that may be watched by stalkers at the same time. */
  readonly watched: number;
}

interface Owner {
  readonly account: Account;
  /** Sessions that nobody has begun to end. */
  readonly live: Signed[];
}

/** Shares of the mix; the rest are validations. Sign-ins follow from what has been ended. */
const share = { endOne: 0.055, signOut: 0.055, endOthers: 0.01, everywhere: 0.005, signIn: 0.06 };

const fewest = 2;
const most = 7;

/** Milliseconds before a revocation that was answered 202 is asked for again. */
const repeatAfter = 700;

/** Users who sign in on several devices, use them, and end sessions in every way there is. */
export class Workload {
  private readonly owners: Owner[] = [];
  private readonly following: Promise<unknown>[] = [];
  private watched = 0;
  private provenSoFar = 0;
  private isOver = false;

  constructor(
    private readonly load: Load,
    private readonly caller: Caller,
    private readonly stalkers: Stalkers,
    private readonly random: SeededRandom,
  ) {}

  /** Revocations answered 200. */
  get proven(): number {
    return this.provenSoFar;
  }

  /** Creates the accounts. */
  async prepare(): Promise<void> {
    for (let index = 0; index < this.load.users; index += 1) {
      const signed = await this.caller.register(index % this.load.instances, `user-${index}@example.com`);
      this.owners.push({ account: signed.user, live: [signed] });
    }
  }

  /** Resolves when every caller has finished after `stop()`. */
  async run(): Promise<void> {
    const workers = Array.from({ length: this.load.workers }, (_, index) => this.work(`worker-${index}`));
    await Promise.all(workers);
    await Promise.all(this.following);
  }

  stop(): void {
    this.isOver = true;
  }

  private async work(proc: string): Promise<void> {
    while (!this.isOver) {
      await this.step(proc);
      await sleep(this.random.between(0, this.load.think * 2));
    }
  }

  private async step(proc: string): Promise<void> {
    const owner = this.owners[this.random.zipf(this.owners.length)]!;
    const chance = this.random.next();
    const wantsIn = chance < share.signIn && owner.live.length < most;
    if (owner.live.length < fewest || wantsIn) return this.signIn(proc, owner);
    if (chance < 1 - share.endOne - share.signOut - share.endOthers - share.everywhere) {
      await this.caller.validate(this.instance(), proc, this.random.pick(owner.live));
      return undefined;
    }
    if (this.watched >= this.load.watched) return undefined;
    return this.revoke(proc, owner, 1 - chance);
  }

  private async signIn(proc: string, owner: Owner): Promise<void> {
    const signed = await this.caller.signIn(this.instance(), proc, owner.account);
    if (signed) owner.live.push(signed);
    else await sleep(100);
  }

  private revoke(proc: string, owner: Owner, chance: number): Promise<void> {
    const victim = owner.live[this.random.below(owner.live.length)]!;
    const keeper = owner.live.find((one) => one !== victim)!;
    const instance = this.instance();
    if (chance < share.everywhere) {
      owner.live.length = 0;
      return this.watch(proc, victim, () => this.caller.signOutEverywhere(instance, proc, victim));
    }
    if (chance < share.everywhere + share.endOthers) {
      owner.live.splice(0, owner.live.length, keeper);
      return this.watch(proc, victim, () => this.caller.endOthers(instance, proc, keeper));
    }
    owner.live.splice(owner.live.indexOf(victim), 1);
    if (chance < share.everywhere + share.endOthers + share.signOut) {
      return this.watch(proc, victim, () => this.caller.signOut(instance, proc, victim));
    }
    return this.watch(proc, victim, () => this.caller.endOne(instance, proc, keeper, victim.session));
  }

  private async watch(proc: string, victim: Signed, call: () => Promise<Operation>): Promise<void> {
    this.watched += 1;
    const stalking = await this.stalkers.follow(victim);
    let answer = await call();
    if (answer.status === 202) {
      await sleep(repeatAfter);
      answer = await call();
    }
    if (answer.status === 200) this.provenSoFar += 1;
    stalking.acknowledge(answer.status === 200);
    const over = stalking.over.then(() => (this.watched -= 1));
    this.following.push(over);
  }

  private instance(): number {
    return this.random.below(this.load.instances);
  }
}
