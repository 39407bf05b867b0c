import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Caller, Signed } from './caller.js';
import type { Violation } from './checks.js';
import { lifetimes } from './lifetimes.js';
import { isRevocation, type Operation } from './recorder.js';

/** Milliseconds after the last repair within which everything must be normal again. */
const recovery = 3_000;

const concurrency = 12;

/** S5, at the end of a run: what was promised is in Postgres, and every instance says what Postgres says. */
export class Audit {
  constructor(
    private readonly databaseUrl: string,
    private readonly caller: Caller,
    private readonly instances: number,
  ) {}

  /** To be called right after the last repair, with all tokens of the run. */
  async run(operations: readonly Operation[], sessions: readonly Signed[]): Promise<Violation[]> {
    await sleep(recovery);
    const live = await this.liveSessions();
    return [...promisedButMissing(operations, live), ...(await this.disagreements(sessions, live))];
  }

  private async liveSessions(): Promise<ReadonlyMap<string, boolean>> {
    const client = new pg.Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<{ id: string; is_live: boolean }>(
        `select sessions.id, sessions.ended_at is null and sessions.gen >= users.gen as is_live
         from sessions join users on users.id = sessions.user_id`,
      );
      return new Map(rows.map(({ id, is_live }) => [id, is_live]));
    } finally {
      await client.end();
    }
  }

  private async disagreements(
    sessions: readonly Signed[],
    live: ReadonlyMap<string, boolean>,
  ): Promise<Violation[]> {
    const found: Violation[] = [];
    const left = sessions.flatMap((session) =>
      Array.from({ length: this.instances }, (_, instance) => ({ session, instance })),
    );
    const ask = async (proc: string): Promise<void> => {
      for (let next = left.pop(); next; next = left.pop()) {
        const { session, instance } = next;
        const answer = await this.caller.validate(instance, proc, session);
        const expected = live.get(session.session) ? 200 : 401;
        if (answer.status === expected) continue;
        const what = `instance ${instance} answers ${answer.status} where Postgres says ${expected}`;
        found.push({ rule: 'S5', what, operation: answer, because: null });
      }
    };
    await Promise.all(Array.from({ length: concurrency }, (_, index) => ask(`audit-${index}`)));
    return found;
  }
}

/** Every sign-in that was answered left a session; every revocation that was, 200 or 202, ended what it names. */
export function promisedButMissing(
  operations: readonly Operation[],
  live: ReadonlyMap<string, boolean>,
): Violation[] {
  // Durable is all that 202 promises, and for what is in Postgres both answers are worth the same.
  const durable = operations.map((one) =>
    isRevocation(one.op) && one.status === 202 ? { ...one, status: 200 } : one,
  );
  const lives = lifetimes(durable);
  return [...lives.values()].flatMap(({ session, proof }) => {
    const state = live.get(session);
    if (state === undefined) return [lost(operations, session)];
    if (!proof || !state) return [];
    const what = 'a revocation was answered 2xx and the session is not ended in Postgres';
    return [{ rule: 'S5', what, operation: null, because: proof } as const];
  });
}

function lost(operations: readonly Operation[], session: string): Violation {
  const signIn = operations.find((one) => one.op === 'sign-in' && one.session === session) ?? null;
  return {
    rule: 'S5',
    what: 'a session that was handed out is not in Postgres',
    operation: signIn,
    because: null,
  };
}
