import type { SessionId, UserId } from '@app/kernel';
import { Database, ServerDriver } from '@app/postgres';
import { DrizzleSessionRepository, type Session } from '@app/sessions';
import { createMigratedDatabase } from '@app/testing';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { quantile } from './support/steady-load.js';

/** Rows in the table; everybody has ten live sessions and ninety that are over, one person has a tenth of all. */
const scales = [10_000, 100_000, 1_000_000];
const perUser = { live: 10, all: 100 };
const seededAtOnce = 100_000;
/** Fewer than there are people in the smallest table: nobody's sessions are ended twice. */
const samples = 80;
const pageSize = 20;

const heavy = '00000000-0000-4000-8000-000000000000' as UserId;
const now = new Date('2026-07-01T00:00:00.000Z');
const ending = { reason: 'signout_all', at: now, by: null } as const;

const userOf = (index: number): UserId =>
  `00000000-0000-4000-9000-${index.toString(16).padStart(12, '0')}` as UserId;

interface Scale {
  readonly sessions: DrizzleSessionRepository;
  readonly database: Database;
  readonly users: number;
  /** Of the person with the long history, newest first. */
  readonly history: readonly Pick<Session, 'createdAt' | 'id'>[];
}

let opened = 0;

function aSession(userId: UserId): Session {
  opened += 1;
  return {
    id: String(opened).padStart(64, '0') as SessionId,
    userId,
    gen: 0,
    profile: 'standard',
    createdAt: now,
    authenticatedAt: now,
    lastAccessAt: now,
    idleExpiresAt: new Date(now.getTime() + 3_600_000),
    expiresAt: new Date(now.getTime() + 86_400_000),
    client: {
      ipAddress: '203.0.113.7',
      userAgent: null,
      device: { browser: 'Firefox 140', os: 'Linux', kind: 'desktop' },
    },
    ipsUsed: ['203.0.113.7'],
    requestCount: 0,
    refreshNonce: Buffer.alloc(32),
    refreshGeneration: 0,
    refreshedAt: null,
    deviceKey: null,
    parentId: null,
    scope: 'full',
    label: null,
    ended: null,
  };
}

type Act = (scale: Scale, sample: number) => Promise<unknown>;

/** Somebody else each time, spread over the whole table. */
const somebody = ({ users }: Scale, sample: number): UserId => userOf((sample * 7_919) % users);

const pageAt =
  (share: number): Act =>
  ({ sessions, history }) =>
    sessions.listOver(heavy, {
      now,
      size: pageSize,
      after: history[Math.floor((history.length - pageSize - 1) * share)]!,
    });

const acts: Record<string, Act> = {
  'floor: select 1': ({ database }) => database.query((orm) => orm.execute(sql`select 1`)),
  'floor: a row by its key': (scale) => scale.sessions.find(scale.history[0]!.id),
  'list the live ones': (scale, sample) => scale.sessions.listLive(somebody(scale, sample), now),
  'check the limit': (scale, sample) => scale.sessions.countLive(somebody(scale, sample), now),
  'history, first page': ({ sessions }) => sessions.listOver(heavy, { now, size: pageSize, after: null }),
  'history, a page in the middle': pageAt(0.5),
  'history, the last page': pageAt(1),
  'open one and end the oldest at the limit': (scale, sample) =>
    scale.sessions.insertMakingRoom(aSession(somebody(scale, sample)), ending, { keep: 9, order: 'oldest' }),
  'end all of one user': (scale, sample) => scale.sessions.endAll(somebody(scale, sample), ending, null),
};

/**
 * What a person and a sign-in ask of Postgres, one after another on one connection, over tables of three sizes. The
 * times of one run and one column are to be compared with its floors, and the columns with each other.
 */
describe('a table of sessions', () => {
  const rows: Record<string, Record<string, string>> = {};
  const medians: Record<string, number[]> = {};

  afterAll(() => {
    for (const [name, row] of Object.entries(rows)) {
      row['last to first'] = (medians[name]!.at(-1)! / medians[name]![0]!).toFixed(2);
    }
    console.table(rows);
  });

  it.each(scales)(
    'of %i rows',
    async (size) => {
      const home = await createMigratedDatabase();
      await seed(home.url, size);
      const database = new Database(new ServerDriver(home.url, 1, () => undefined));
      const sessions = new DrizzleSessionRepository(database);
      const users = (size - size / 10) / perUser.all;
      const scale = { sessions, database, users, history: await historyOf(home.url) };
      for (const [name, act] of Object.entries(acts)) {
        const times: number[] = [];
        for (let sample = 0; sample < samples; sample += 1) {
          const started = performance.now();
          await act(scale, sample);
          times.push(performance.now() - started);
        }
        medians[name] = [...(medians[name] ?? []), median(times)];
        rows[name] = { ...rows[name], [size.toLocaleString('en')]: spread(times) };
      }
      await database.close();
      await home.drop();
      expect(scale.history).toHaveLength(size / 10);
    },
    900_000,
  );
});

/** Past the product: it has no time limit for a statement. */
async function aside<Row extends object>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}

async function seed(url: string, size: number): Promise<void> {
  await aside(
    url,
    `insert into users (id, email, email_normalized, role, password_hash, gen, created_at, updated_at)
     select id, id || '@example.com', id || '@example.com', 'user', 'none', 0, $3, $3
       from (select $1::uuid as id union all
         select ('00000000-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid from generate_series(0, $2::int - 1) n)`,
    [heavy, (size - size / 10) / perUser.all, now],
  );
  for (let from = 0; from < size; from += seededAtOnce) {
    await aside(
      url,
      `insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at,
         expires_at, ip_address, user_agent, device, ips_used, refresh_nonce, ended_at, end_reason)
       select encode(sha256(n::text::bytea), 'hex'),
         case when n % 10 = 0 then $3::uuid
           else ('00000000-0000-4000-9000-' || lpad(to_hex((n / 10 * 9 + n % 10) % $4), 12, '0'))::uuid end,
         0, at, at, at, $5::timestamptz + interval '1 hour', $5::timestamptz + interval '1 day', '203.0.113.7',
         'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
         '{"browser":"Firefox","os":"Linux","kind":"desktop"}', '["203.0.113.7"]', sha256(n::text::bytea),
         case when is_over then at + interval '1 minute' end, case when is_over then 'signout' end
       from generate_series($1::int, $2::int - 1) n,
         lateral (select $5::timestamptz - n * interval '1 second' as at,
           n % 10 = 0 or n / ($4 * 10 / 9) >= $6 as is_over) as facts`,
      [from, Math.min(size, from + seededAtOnce), heavy, (size - size / 10) / perUser.all, now, perUser.live],
    );
  }
  await aside(url, 'vacuum analyze users, sessions');
}

async function historyOf(url: string): Promise<Pick<Session, 'createdAt' | 'id'>[]> {
  const rows = await aside<{ id: SessionId; at: Date }>(
    url,
    'select id, created_at as at from sessions where user_id = $1 order by created_at desc, id desc',
    [heavy],
  );
  return rows.map(({ id, at }) => ({ id, createdAt: at }));
}

const median = (times: readonly number[]): number => quantile(times, 0.5);

/** Median and 95th percentile, in milliseconds. */
function spread(times: readonly number[]): string {
  return `${median(times).toFixed(2)} (${quantile(times, 0.95).toFixed(2)})`;
}
