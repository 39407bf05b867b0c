import { type BucketName, metricNames, PostgresRollups, AnalyticsReports } from '@app/analytics';
import { PostgresLogReaders } from '@app/event-log';
import { Database, ServerDriver } from '@app/postgres';
import { PostgresSessionStatistics } from '@app/sessions';
import { createMigratedDatabase, FakeClock, type TestDatabase } from '@app/testing';
import pg from 'pg';
import { quantile } from './support/steady-load.js';

/** Of a year, of 20,000 people; one in ten is live at its end. */
const sessions = 1_000_000;
const people = 20_000;
const atOnce = 100_000;
const samples = 30;
const batch = 2_000;

const now = new Date('2026-07-01T00:00:00.000Z');
const dayMs = 86_400_000;
const before = (days: number): Date => new Date(now.getTime() - days * dayMs);

/** What it costs to count a year of a million sessions, and to ask for it, one after another on one connection. */
describe('numbers of a million sessions', () => {
  let home: TestDatabase;
  let database: Database;
  const rows: Record<string, Record<string, string>> = {};

  beforeAll(async () => {
    home = await createMigratedDatabase();
    await seed(home.url);
    database = new Database(new ServerDriver(home.url, 1, () => undefined));
  }, 900_000);

  afterAll(async () => {
    console.table(rows);
    await database.close();
    await home.drop();
  });

  async function measure(name: string, act: () => Promise<unknown>, times = samples): Promise<void> {
    const taken: number[] = [];
    while (taken.length < times) {
      const started = performance.now();
      await act();
      taken.push(performance.now() - started);
    }
    rows[name] = { milliseconds: `${quantile(taken, 0.5).toFixed(1)} (${quantile(taken, 0.95).toFixed(1)})` };
  }

  it('are counted and told', async () => {
    const readers = new PostgresLogReaders(database);
    const rollups = new PostgresRollups(database);
    const following = { reader: 'analytics', batch, begin: 'with the oldest event' } as const;
    const advance = (): Promise<boolean> => readers.advance(following, (span) => rollups.fold(span, 'shown'));
    const begun = performance.now();
    await measure(`count ${batch} events`, advance, 300);
    while (await advance());
    rows['count all events, in all'] = { milliseconds: (performance.now() - begun).toFixed(0) };
    await aside(home.url, 'vacuum analyze rollups, rollup_users');

    const reports = new AnalyticsReports(rollups, readers, new FakeClock(now));
    const ask = (days: number, bucket: BucketName) => () =>
      reports.over({ from: before(days), to: now }, bucket, metricNames);
    await measure('a year by the day, all metrics', ask(365, '1d'));
    await measure('eighty days by the hour', ask(80, '1h'));
    await measure('a week by five minutes', ask(6.9, '5m'));
    await measure('a day by the hour', ask(1, '1h'));
    await measure('the last hour and day', () => reports.recent());
    await measure('who is signed in now, of 100,000 live sessions', () =>
      new PostgresSessionStatistics(database).countLive(now),
    );
    const [{ size }] = (await aside<{ size: string }>(
      home.url,
      `select pg_size_pretty(pg_total_relation_size('rollups')) || ', ' || count(*) || ' rows' as size from rollups`,
    )) as [{ size: string }];
    rows['counts of the year'] = { milliseconds: size };
    const { series } = await reports.over({ from: before(365), to: now }, '1d', ['sessions_started']);
    expect(series[0]!.total).toBe(sessions);
  }, 1_800_000);
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

const userOf = (n: string): string =>
  `('00000000-0000-4000-9000-' || lpad(to_hex(${n} % ${people}), 12, '0'))::uuid`;

async function seed(url: string): Promise<void> {
  await aside(
    url,
    `insert into users (id, email, email_normalized, role, password_hash, gen, created_at, updated_at)
     select ${userOf('n')}, n || '@example.com', n || '@example.com', 'user', 'none', 0, $1, $1
       from generate_series(0, ${people} - 1) n`,
    [now],
  );
  for (let from = 0; from < sessions; from += atOnce) {
    const place = [from, from + atOnce - 1, before(365), (365 * dayMs) / sessions];
    const begun = `$3::timestamptz + n * $4::float8 * interval '1 millisecond'`;
    await aside(
      url,
      `insert into event_log (type, user_id, session_id, payload, created_at)
       select type, ${userOf('n::bigint * 7919')}, n::text, jsonb_build_object('reason', (array['signout','limit','expired_idle'])[1 + n % 3],
           'started_at', begun, 'policy', 'auth', 'device', jsonb_build_object('browser', (array['Chrome','Firefox','Safari','Opera'])[1 + n % 4],
             'os', (array['Windows','macOS','Linux','Android','iOS'])[1 + n % 5], 'kind', (array['desktop','mobile'])[1 + n % 2])),
         begun + case type when 'session.ended' then interval '40 minutes' * (1 + n % 9) else interval '0' end
       from generate_series($1::int, $2::int) n, lateral (select ${begun} as begun) facts,
         unnest(array['session.created', 'session.ended', 'signin.failed', 'rate_limit.exceeded']) type
       where type = 'session.created' or type = 'session.ended' and n % 10 > 0
         or type = 'signin.failed' and n % 8 = 0 or n % 200 = 0`,
      place,
    );
    await aside(
      url,
      `insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at, expires_at,
         ip_address, device, ips_used, refresh_nonce, ended_at, end_reason)
       select n::text, ${userOf('n::bigint * 7919')}, 0, at, at, at, $5::timestamptz + interval '1 hour', $5::timestamptz + interval '1 day',
         '203.0.113.7', '{}', '[]', '\\x00', case when n % 10 > 0 then at end, case when n % 10 > 0 then 'signout' end
       from generate_series($1::int, $2::int) n, lateral (select ${begun} as at) facts`,
      [...place, now],
    );
  }
  await aside(url, 'vacuum analyze users, sessions, event_log');
}
