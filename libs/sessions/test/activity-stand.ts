import { randomUUID } from 'node:crypto';
import { type SessionId, type UserId } from '@app/kernel';
import { Database, EmbeddedDriver } from '@app/postgres';
import { createLogger, Log } from '@app/telemetry';
import { createMigratedDatabase, FakeClock, openPatiently } from '@app/testing';
import { sql } from 'drizzle-orm';
import { SessionActivity } from '../src/application/activity/session-activity.js';
import { PostgresActivityStore } from '../src/infrastructure/postgres/postgres-activity-store.js';
import { aSessionsConfig, aSessionId } from '../src/testing/builders.js';

interface Store {
  readonly database: Database;
  /** Null for the embedded one, which nobody else can reach. */
  readonly url: string | null;
  close(): Promise<void>;
}

async function embedded(): Promise<Store> {
  const database = new Database(await EmbeddedDriver.open('memory://'));
  await database.migrate();
  return { database, url: null, close: () => database.close() };
}

async function server(): Promise<Store> {
  const home = await createMigratedDatabase();
  const database = await openPatiently(home.url);
  return { database, url: home.url, close: () => database.close().then(() => home.drop()) };
}

export const noon = new Date('2026-03-01T12:00:00.000Z');
export const second = 1_000;
/** Of the profile `standard` in these tests. */
export const [idle, absolute] = [1_800, 3_600];
export const after = (seconds: number): Date => new Date(noon.getTime() + seconds * second);

interface Row {
  readonly count: number;
  readonly lastAccess: Date;
  readonly idleEnd: Date;
  readonly addresses: string[];
  readonly reason: string | null;
}

/** For the tests of one file: sessions in a database, instances that use them, and what became of the rows. */
export function activityStand(open: () => Promise<Store>) {
  let store: Store;

  beforeAll(async () => {
    store = await open();
  });

  afterEach(() => jest.restoreAllMocks());
  afterAll(() => store.close());

  const rowsOf = <T>(query: ReturnType<typeof sql>): Promise<T[]> => store.database.rows(query);

  /** Sessions that began at noon, all of one user. */
  async function sessions(count: number): Promise<SessionId[]> {
    const userId = randomUUID() as UserId;
    const ids = Array.from({ length: count }, aSessionId);
    await rowsOf(sql`
      insert into users (id, email, email_normalized, role, password_hash, created_at, updated_at)
      values (${userId}, ${userId}, ${userId}, 'user', '', now(), now())`);
    for (let from = 0; from < ids.length; from += 500) {
      await rowsOf(sql`
      insert into sessions (id, user_id, gen, profile, created_at, authenticated_at, last_access_at, idle_expires_at,
        expires_at, ip_address, device, ips_used, request_count, refresh_nonce, refresh_generation)
      select id, ${userId}::uuid, 0, 'standard', ${noon.toISOString()}::timestamptz, ${noon.toISOString()}::timestamptz,
        ${noon.toISOString()}::timestamptz, ${after(idle).toISOString()}::timestamptz,
        ${after(absolute).toISOString()}::timestamptz, '192.0.2.1', '{}', '["192.0.2.1"]', 0, '\\x00', 0
      from jsonb_array_elements_text(${JSON.stringify(ids.slice(from, from + 500))}::jsonb) as made (id)`);
    }
    return ids;
  }

  async function session(): Promise<SessionId> {
    return (await sessions(1))[0]!;
  }

  async function read(id: SessionId): Promise<Row> {
    const [row] = await rowsOf<Record<string, unknown>>(sql`
      select request_count::int as count, ips_used as addresses, end_reason as reason,
        extract(epoch from last_access_at) * 1000 as last_access, extract(epoch from idle_expires_at) * 1000 as idle_end
      from sessions where id = ${id}`);
    if (!row) throw new Error('there is no such session');
    return {
      count: row.count as number,
      lastAccess: new Date(Number(row.last_access)),
      idleEnd: new Date(Number(row.idle_end)),
      addresses: row.addresses as string[],
      reason: row.reason as string | null,
    };
  }

  /** One instance: what it notes, and how often it writes. */
  function instance() {
    const clock = new FakeClock(noon);
    const log = new Log(createLogger('silent'));
    const activityStore = new PostgresActivityStore(store.database);
    const activity = new SessionActivity(
      activityStore,
      clock,
      log,
      aSessionsConfig({ idleSeconds: idle, absoluteSeconds: absolute }),
    );
    const note = (id: SessionId, address = '192.0.2.1'): void =>
      activity.note({ id, profile: 'standard' }, address);
    return { clock, activity, note, store: activityStore };
  }

  return { instance, read, rowsOf, session, sessions, database: () => store.database, url: () => store.url };
}

/** For `describe.each`: both adapters on Postgres. */
export const activityStores = [
  ['EmbeddedDriver', embedded],
  ['ServerDriver', server],
] as const;
