import { setTimeout as pause } from 'node:timers/promises';
import { aPerson, type Person } from '../../support/people.js';
import { type ApiClient, type Device, toDevice } from './api-client.js';
import { answerOf } from './asking.js';
import type { Reply } from './http.js';

/** `ending`: its end was asked for and nobody knows what became of that. */
type State = 'live' | 'ending' | 'ended';

interface Entry {
  readonly device: Device;
  state: State;
  /** The end was answered as complete: nobody accepts the session any more. */
  isProven: boolean;
}

/** Who is to be asked next; null while nobody is there. */
type Choice = () => ApiClient | null;

/** Milliseconds. */
const thinkTime = 40;

/** Of what callers do, the rest being changes. */
const shareOfChecks = 0.4;

/** One below the limit, which leaves room for a last sign-in: no session has to give way to another. */
const devicesPerPerson = 4;

const checkers = 10;

const allowed: Readonly<Record<State, readonly string[]>> = {
  live: ['200'],
  ending: ['200', '401 SESSION_ENDED'],
  ended: ['401 SESSION_ENDED'],
};

/** What a change may be answered without having been made for certain: the store was away, or nobody was there. */
const inconclusive = /^503 STORE_UNAVAILABLE$|^E[A-Z]+$/;

/** Every change that was acknowledged, to be compared with what the API says after a crash. */
export class Ledger {
  private readonly entries: Entry[] = [];
  private readonly devicesOf = new Map<Person, number>();
  private readonly wrong: string[] = [];
  private isResting = true;
  private acks = 0;
  private silences = 0;
  private checks = 0;

  /** `random` gives numbers in [0, 1). */
  constructor(private readonly random: () => number) {}

  get acknowledged(): number {
    return this.acks;
  }

  /** Of these, sessions that were ended. */
  get ended(): number {
    return this.entries.filter(({ state }) => state === 'ended').length;
  }

  /** Changes that nobody answered. */
  get unanswered(): number {
    return this.silences;
  }

  /** Sessions that were asked about between the changes. */
  get checked(): number {
    return this.checks;
  }

  /** Answers to those that contradicted what had been acknowledged before them. */
  get contradicted(): readonly string[] {
    return this.wrong;
  }

  /** Lets several callers make one change after another until `rest` is called. */
  async work(api: ApiClient, callers: number): Promise<void> {
    this.isResting = false;
    const call = async (): Promise<void> => {
      while (!this.isResting) await this.change(api);
    };
    await Promise.all(Array.from({ length: callers }, call));
  }

  /** The same among several instances, and with questions between the changes. */
  async workAmong(choose: Choice, callers: number): Promise<void> {
    this.isResting = false;
    const call = async (): Promise<void> => {
      while (!this.isResting) {
        const api = choose();
        // Callers without a break would leave the processor to no other.
        await pause(thinkTime);
        if (!api) continue;
        if (this.random() < shareOfChecks) await this.ask(api);
        else await this.change(api);
      }
    };
    await Promise.all(Array.from({ length: callers }, call));
  }

  rest(): void {
    this.isResting = true;
  }

  /** What does not hold of all that was acknowledged; empty if everything does. */
  async contradictions(api: ApiClient): Promise<string[]> {
    const found: string[] = [];
    const unchecked = [...this.entries];
    const check = async (): Promise<void> => {
      for (let entry = unchecked.pop(); entry; entry = unchecked.pop()) {
        const answer = await answerOf(api.check(entry.device.token));
        if (!allowed[entry.state].includes(answer)) found.push(`${entry.state} session answered ${answer}`);
        // What was seen once must stay so.
        entry.state = answer === '200' ? 'live' : 'ended';
      }
    };
    await Promise.all(Array.from({ length: checkers }, check));
    return found;
  }

  /** Signs in the people who were created last; each must be known, with the password they chose. */
  async signInNewest(api: ApiClient, count: number): Promise<string[]> {
    const withRoom = [...this.devicesOf].filter(([, devices]) => devices <= devicesPerPerson);
    const newest = withRoom.slice(-count).map(([person]) => person);
    const answers = await Promise.all(newest.map((person) => answerOf(this.signIn(api, person))));
    return answers.filter((answer) => answer !== '200');
  }

  /** Judged by what was known before the question, unless somebody began to change that meanwhile. */
  private async ask(api: ApiClient): Promise<void> {
    const entry = this.entries[Math.floor(this.random() * this.entries.length)];
    if (!entry) return;
    const { state, isProven } = entry;
    const answer = await answerOf(api.check(entry.device.token));
    if (inconclusive.test(answer)) return;
    this.checks += 1;
    const isCertain = isProven || (state === 'live' && entry.state === 'live');
    if (isCertain && !allowed[state].includes(answer)) this.wrong.push(`${state} session answered ${answer}`);
  }

  private async change(api: ApiClient): Promise<void> {
    const live = this.entries.filter(({ state }) => state === 'live');
    const chosen = live[Math.floor(this.random() * live.length)];
    const dice = this.random();
    const attempt = !chosen || dice < 0.4 ? this.register(api) : this.changeOf(chosen, api, dice);
    const answer = await answerOf(attempt);
    // 202: committed, and only not yet proven on every instance.
    if (/^20[012]$/.test(answer)) this.acks += 1;
    else if (!inconclusive.test(answer)) throw new Error(`a change was answered ${answer}`);
    if (answer.startsWith('E')) this.silences += 1;
  }

  private changeOf(entry: Entry, api: ApiClient, dice: number): Promise<Reply> {
    const { person } = entry.device;
    const hasRoom = (this.devicesOf.get(person) ?? 0) < devicesPerPerson;
    return dice < 0.6 && hasRoom ? this.signIn(api, person) : this.end(entry, api, dice < 0.8);
  }

  private async register(api: ApiClient): Promise<Reply> {
    const person = aPerson();
    const reply = await api.tryRegister(person);
    if (reply.status === 201) {
      this.devicesOf.set(person, 1);
      this.enter(toDevice(person, reply, 201));
    }
    return reply;
  }

  private async signIn(api: ApiClient, person: Person): Promise<Reply> {
    // Counted before: without a reply the session may exist all the same.
    this.devicesOf.set(person, (this.devicesOf.get(person) ?? 0) + 1);
    const reply = await api.trySignIn(person);
    if (reply.status === 200) this.enter(toDevice(person, reply, 200));
    return reply;
  }

  private enter(device: Device): void {
    this.entries.push({ device, state: 'live', isProven: false });
  }

  private async end(entry: Entry, api: ApiClient, byId: boolean): Promise<Reply> {
    const { token, sessionId } = entry.device;
    entry.state = 'ending';
    const reply = await (byId
      ? api.ask('DELETE', `/sessions/${sessionId}`, { token })
      : api.ask('POST', '/auth/signout', { token }));
    if (reply.status < 300) entry.state = 'ended';
    entry.isProven = reply.status === 200;
    return reply;
  }
}
