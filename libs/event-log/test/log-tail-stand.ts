import type { SessionId, UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import type { OpenStore } from '@app/testing';
import type { SQL } from 'drizzle-orm';
import { DrizzleEventLog, type LogFollower, LogTail, PostgresLogPages } from '../src/index.js';

export const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;
export const at = new Date('2026-01-01T00:00:00.123Z');

/** Milliseconds that somebody listens for what is there, and for what is not. */
export const patience = 5_000;
const noPatience = 5;

/** A log, those who write it, and tails of as many instances as are asked for. */
export class LogTailStand {
  readonly events: DrizzleEventLog;
  readonly pages: PostgresLogPages;
  private readonly tails: LogTail[] = [];

  constructor(private readonly store: OpenStore) {
    this.events = new DrizzleEventLog(store.database);
    this.pages = new PostgresLogPages(store.database);
  }

  get database(): Database {
    return this.store.database;
  }

  /** Of one instance more. */
  tail(): LogTail {
    const tail = new LogTail(this.pages);
    this.tails.push(tail);
    return tail;
  }

  execute = (statement: SQL) => this.database.query((orm) => orm.execute(statement));

  append = (...sessions: string[]): Promise<void> =>
    this.events.append(
      sessions.map((id) => ({ type: 'session.created', userId, sessionId: id as SessionId, at })),
    );

  write = (...sessions: string[]): Promise<void> => this.database.run(() => this.append(...sessions));

  async closeTails(): Promise<void> {
    for (const tail of this.tails.splice(0)) await tail.onApplicationShutdown();
  }

  close(): Promise<void> {
    return this.store.close();
  }
}

/** Sessions of the next events, until there are so many. */
export async function take(follower: LogFollower, count: number): Promise<string[]> {
  const found: string[] = [];
  while (found.length < count) {
    const some = await follower.next(patience);
    if (some.length === 0) throw new Error(`nothing more after ${found.join()}`);
    found.push(...some.map(({ sessionId }) => sessionId!));
  }
  return found;
}

export const rest = async (follower: LogFollower): Promise<string[]> =>
  (await follower.next(noPatience)).map(({ sessionId }) => sessionId!);
