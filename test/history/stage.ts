import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@app/testing';
import pg from 'pg';
import { promisedButMissing } from './audit.js';
import { Caller, type Signed } from './caller.js';
import type { Violation } from './checks.js';
import { Cluster, type Stores } from './cluster.js';
import { judge } from './judgement.js';
import { type Operation, Recorder } from './recorder.js';

/** Milliseconds after which an instance without Postgres is not waited for any more, with a reserve. */
export const lapse = 1_400;

/** Plays that depend on being quicker than a time-out get another chance on a starved machine. */
export const attempts = 3;

let accounts = 0;

/**
 * Two instances for a play with a fixed script: `revoker` ends sessions and `reader` is asked about them. What
 * they answer is recorded and judged like any history.
 */
export class Stage {
  readonly recorder = new Recorder();
  readonly caller: Caller;

  private constructor(
    readonly cluster: Cluster,
    readonly stores: Stores,
    readonly admin: pg.Pool,
  ) {
    this.caller = new Caller(cluster, this.recorder);
  }

  static async open(
    stores: Stores,
    { mains, instances = 2 }: { mains?: readonly (string | undefined)[]; instances?: number } = {},
  ): Promise<Stage> {
    const admin = new pg.Pool({ connectionString: stores.postgres.url, max: 3 });
    admin.on('error', () => undefined); // Scripts kill the server.
    // The processes of the last play are dead, and nobody should have to find that out.
    await admin.query(
      `do $$ begin if to_regclass('instances') is not null then delete from instances; end if; end $$`,
    );
    await stores.redis.command('FLUSHALL');
    // Scripts are asked for by the digest of the unmodified text.
    await stores.redis.command('SCRIPT', 'FLUSH');
    return new Stage(await Cluster.start({ instances, mains }, stores), stores, admin);
  }

  get revoker() {
    return this.cluster.member(0);
  }

  get reader() {
    return this.cluster.member(1);
  }

  get redis() {
    return this.stores.redis;
  }

  /** A new account, signed in. */
  newcomer(): Promise<Signed> {
    accounts += 1;
    return this.caller.register(0, `player-${accounts}@example.com`);
  }

  async another(of: Signed): Promise<Signed> {
    const signed = await this.caller.signIn(0, 'script', of.user);
    if (!signed) throw new Error('cannot sign in');
    return signed;
  }

  /** A new session whose entry is in Redis, read and filled by the reader. */
  async cached(session: Signed): Promise<Signed> {
    await eventually(
      async () => {
        await this.validate(session);
        return (await this.redis.command('EXISTS', keysOf(session).entry)) === 1;
      },
      { describe: 'the session is in Redis' },
    );
    return session;
  }

  validate(session: Signed, instance = 1): Promise<Operation> {
    return this.caller.validate(instance, 'script', session);
  }

  /** Uses the session at the reader again and again. */
  async probe(session: Signed, ms: number): Promise<void> {
    const until = this.recorder.now() + ms;
    while (this.recorder.now() < until) {
      await this.validate(session);
      await sleep(5);
    }
  }

  signOut(session: Signed): Promise<Operation> {
    return this.caller.signOut(0, 'script', session);
  }

  /** Signs out, which must be answered 200 for the play to mean anything. */
  async provenSignOut(session: Signed): Promise<void> {
    const { status, code } = await this.signOut(session);
    if (status !== 200) throw new Error(`the sign-out was answered ${status} ${code}`);
  }

  /** The reader loses Postgres, and long enough ago that nobody waits for it. */
  async lapseReader(): Promise<void> {
    await this.reader.toPostgres.set({ kind: 'hold' });
    await sleep(lapse);
  }

  async query(text: string): Promise<pg.QueryResult<Record<string, unknown>>> {
    return this.admin.query<Record<string, unknown>>(text);
  }

  /** What the checks say about the play so far. */
  async verdict(): Promise<readonly Violation[]> {
    const { rows } = await this.query(
      `select sessions.id, sessions.ended_at is null and sessions.gen >= users.gen as is_live
       from sessions join users on users.id = sessions.user_id`,
    );
    const instances = this.cluster.members.length;
    const live = new Map(rows.map((row) => [row.id as string, row.is_live as boolean]));
    return judge(this.recorder.history(), instances, promisedButMissing(this.recorder.operations, live))
      .violations;
  }

  /** Everything passes and nobody lags: ready for the next play. */
  async reset(): Promise<void> {
    await this.cluster.heal();
    await this.redis.command('FLUSHALL');
    await eventually(() => this.isCurrent(), { timeoutMs: 15_000, describe: 'both instances are fresh' });
  }

  async close(): Promise<void> {
    await this.cluster.stop();
    await this.admin.end();
  }

  /** Both instances have shown a snapshot and the present data of Redis. */
  private async isCurrent(): Promise<boolean> {
    const before = await this.beats();
    await sleep(600);
    const after = await this.beats();
    return (
      after.length === this.cluster.members.length &&
      after.every((beat, index) => beat > (before[index] ?? beat))
    );
  }

  private async beats(): Promise<number[]> {
    const { rows } = await this.query(
      'select beat::int as beat from instances where not fenced and snapshot is not null order by name',
    );
    return rows.map(({ beat }) => beat as number);
  }
}

/** Opens a stage for the work and closes it in any case. */
export async function onStage(
  stores: Stores,
  options: { mains: readonly (string | undefined)[] },
  work: (stage: Stage) => Promise<void>,
): Promise<void> {
  const stage = await Stage.open(stores, { ...options, instances: options.mains.length });
  try {
    await work(stage);
  } finally {
    await stage.close();
  }
}

/** Again, when what the play is about did not come about. */
export async function play(stage: Stage, scenario: (stage: Stage) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await scenario(stage);
      return;
    } catch (error) {
      if (attempt === attempts) throw error;
      await stage.reset();
    }
  }
}

/** As the product names them. */
export function keysOf({ session, user }: Signed): { entry: string; tombstone: string; epoch: string } {
  const partition = Number.parseInt(user.id.slice(-2), 16);
  return {
    entry: `session:{${partition}}:${session}`,
    tombstone: `ended:{${partition}}:${session}`,
    epoch: `epoch:{${partition}}`,
  };
}
