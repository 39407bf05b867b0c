import { randomUUID } from 'node:crypto';
import { DrizzleEventLog } from '@app/event-log';
import { CryptoRandomSource, type SessionId, type UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { Metrics } from '@app/telemetry';
import { FakeClock } from '@app/testing';
import { sql } from 'drizzle-orm';
import {
  type ClientFacts,
  DrizzleSessionRepository,
  type RevocationBroadcast,
  SessionAuthority,
} from '../src/index.js';

/** Nobody else has to hear of an ending here; test/coherence is about that. */
export const alone = {
  settle: async () => 'complete',
  announce: async () => null,
} as unknown as RevocationBroadcast;

/** Users are none of this lib's business, but the database insists on one. */
export async function insertUser(database: Database): Promise<UserId> {
  const id = randomUUID() as UserId;
  await database.query((orm) =>
    orm.execute(sql`
      insert into users (id, email, email_normalized, role, password_hash, created_at, updated_at)
      values (${id}, ${id}, ${id}, 'user', '', now(), now())`),
  );
  return id;
}

interface StoredEvent {
  readonly type: string;
  readonly sessionId: string | null;
  readonly reason: string | null;
  readonly xid: string;
}

async function eventsOf(database: Database, userId: UserId): Promise<StoredEvent[]> {
  return database.query((orm) =>
    orm
      .select({
        type: sql<string>`type`,
        sessionId: sql<string | null>`session_id`,
        reason: sql<string | null>`payload->>'reason'`,
        xid: sql<string>`xid::text`,
      })
      .from(sql`event_log`)
      .where(sql`user_id = ${userId}`)
      .orderBy(sql`id`),
  );
}

export const client: ClientFacts = {
  ipAddress: '192.0.2.1',
  userAgent: null,
  device: { browser: null, os: null, kind: 'other' },
};
export const opening = { client, profile: 'standard' } as const;

export const config = {
  instanceName: 'alone',
  fallback: 'database',
  localCacheMs: 0,
  limit: 3,
  limitPolicy: 'evict_oldest',
  lifetimes: {
    standard: { idleSeconds: 1800, absoluteSeconds: 3600 },
    strict: { idleSeconds: 60, absoluteSeconds: 120 },
    admin: { idleSeconds: 60, absoluteSeconds: 120 },
    remember: { idleSeconds: 7200, absoluteSeconds: 7200 },
  },
  refreshGraceSeconds: 10,
  activityFlushSeconds: 10,
  bindUserAgent: 'off',
} as const;

/** An instance alone on a database, and a user of its own. */
export async function authorityStand(
  database: Database,
  overrides: Partial<{ limit: number; limitPolicy: 'evict_oldest' | 'evict_idle' | 'deny' }> = {},
) {
  const clock = new FakeClock();
  const repository = new DrizzleSessionRepository(database);
  const authority = new SessionAuthority(
    repository,
    new DrizzleEventLog(database),
    database,
    alone,
    clock,
    new CryptoRandomSource(),
    new Metrics(),
    { ...config, ...overrides },
  );
  const userId = await insertUser(database);
  const issue = () => database.run(() => authority.issue({ id: userId, gen: 0 }, opening));
  /** A session a minute, so that their order is known. */
  const issueInTurn = async (count: number) => {
    const ids: SessionId[] = [];
    for (let index = 0; index < count; index += 1) {
      ids.push((await issue()).id);
      clock.advance(60_000);
    }
    return ids;
  };
  const live = async () => (await authority.list(userId)).map(({ id }) => id);
  const touch = (id: SessionId) =>
    database.query((orm) =>
      orm.execute(sql`update sessions set last_access_at = ${clock.now().toISOString()} where id = ${id}`),
    );
  const events = () => eventsOf(database, userId);
  return { authority, clock, database, events, issue, issueInTurn, live, touch, userId };
}
