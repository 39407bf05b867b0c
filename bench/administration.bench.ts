import { Agent } from 'node:http';
import { ApiInstance, createMigratedDatabase, eventually, type TestDatabase } from '@app/testing';
import pg from 'pg';
import { load, pass, quantile, type Sample } from './support/steady-load.js';

const sessions = 1_000_000;
const people = 1_000_000;
const seededAtOnce = 100_000;
const samples = 15;
/** What one bulk end ends. */
const bulk = 100_000;
const bulkNetwork = '198.51.0.0/16';
/** Checks a second beside it. */
const rate = 200;

const someone = "('00000000-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid";

/** Served by an index, or looked for among so many newest. */
const pages: Record<string, string> = {
  'sessions: newest': 'sessions?',
  'sessions: of a user': 'sessions?user_id=00000000-0000-4000-9000-000000000007',
  'sessions: of an e-mail address': 'sessions?email=person7@example.com',
  'sessions: of an address': 'sessions?network=203.0.113.7',
  'sessions: of an address nobody has': 'sessions?network=192.0.2.1',
  'sessions: of an age': 'sessions?created_before=AGE',
  'sessions: live': 'sessions?state=live',
  'sessions: live, of an address': 'sessions?state=live&network=203.0.113.7',
  'sessions: ended by an administrator (none)': 'sessions?reason=admin',
  'sessions: of a network (one in 250)': 'sessions?network=203.0.113.0/28',
  'sessions: of a network (none)': 'sessions?network=192.0.2.0/24',
  'sessions: of a browser nobody has': 'sessions?browser=lynx',
  'sessions: not seen for long': 'sessions?seen_before=AGE',
  'users: newest': 'users?',
  'users: one address': 'users?q=person77777@',
  'users: a beginning of 111': 'users?q=person7777',
  'users: a beginning of 111,111': 'users?q=person7',
  'users: a beginning of all': 'users?q=person',
  'users: a beginning of nobody': 'users?q=zzz',
  'users: a name': 'users?q=Name%20777',
  'users: administrators': 'users?role=admin',
  'users: disabled': 'users?state=disabled',
  'users: locked': 'users?state=locked',
};

/** What administrators ask of a large installation, over HTTP, and what their bulk end costs everybody else. */
describe('administration at scale', () => {
  let database: TestDatabase;
  let api: ApiInstance;
  let admin: pg.Client;
  let token: string;
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });

  beforeAll(async () => {
    const began = performance.now();
    database = await createMigratedDatabase();
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await seed(admin);
    api = await ApiInstance.start({
      env: {
        DATABASE_URL: database.url,
        SECRET_KEY: 'b7e1c09d42f85a36b7e1c09d42f85a36b7e1c09d42f85a36b7e1c09d42f85a36',
        RATE_LIMIT_ENABLED: 'false',
      },
    });
    token = await administrator();
    process.stderr.write(`ready after ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
  }, 900_000);

  afterAll(async () => {
    await api.stop();
    await admin.end();
    await database.drop();
  });

  it('answers pages', async () => {
    const rows: Record<string, Record<string, string>> = {};
    const age = new Date(Date.now() - sessions * 500).toISOString();
    for (const [name, path] of Object.entries(pages)) {
      const times: number[] = [];
      let found = 0;
      for (let sample = 0; sample < samples; sample += 1) {
        const began = performance.now();
        const { data } = await ask('GET', path.replace('AGE', age));
        times.push(performance.now() - began);
        found = data.count as number;
      }
      rows[name] = { found: String(found), ...figures(times) };
    }
    console.table(rows);
  }, 300_000);

  it('ends 100,000 sessions beside checks', async () => {
    const filter = { network: bulkNetwork };
    const quiet: Sample[] = [];
    const stopQuiet = load({ baseUrl: api.baseUrl, token, agent, rate }, quiet);
    await pass(5);
    await stopQuiet();
    let began = performance.now();
    const dry = await ask('POST', 'sessions/end', { filter, dry_run: true });
    const dryMs = performance.now() - began;
    const during: Sample[] = [];
    const stop = load({ baseUrl: api.baseUrl, token, agent, rate }, during);
    began = performance.now();
    const { data } = await ask('POST', 'sessions/end', {
      filter,
      dry_run: false,
      expected_count: dry.data.count,
    });
    const takenMs = performance.now() - began;
    const { id } = data.order as { id: string };
    let standing: Record<string, unknown> = {};
    await eventually(
      async () => {
        standing = (await ask('GET', `sessions/ends/${id}`)).data;
        return standing.state === 'done' && standing.propagation === 'complete';
      },
      { timeoutMs: 240_000, describe: 'all have ended' },
    );
    const seconds = (performance.now() - began) / 1000;
    await stop();
    console.table({
      'dry run, ms': dryMs.toFixed(0),
      'taking the order, ms': takenMs.toFixed(0),
      'ending all, s': seconds.toFixed(1),
      ended: standing.ended,
      'failed attempts': standing.failed,
      'checks before, ms': figures(quiet.map(({ latency }) => latency)),
      'checks beside it, ms': figures(during.map(({ latency }) => latency)),
      'checks not answered 200': during.filter(({ status }) => status !== 200).length,
    });
    expect(standing).toMatchObject({ matched: bulk, ended: bulk });
  }, 300_000);

  it('makes a sign-in pay for the indexes', async () => {
    const rows: Record<string, string> = {};
    const insert = async (name: string, offset: number): Promise<void> => {
      const times: number[] = [];
      for (let index = 0; index < 2_000; index += 1) {
        const began = performance.now();
        await admin.query(sessionsOf('n + 50000000'), [offset + index, offset + index, 'now']);
        times.push(performance.now() - began);
      }
      rows[name] = figures(times).median;
    };
    await insert('with', 0);
    await admin.query('drop index sessions_by_age');
    await insert('without the one by age', 10_000);
    await admin.query('drop index sessions_by_address');
    await insert('without both', 20_000);
    console.table(rows);
  }, 300_000);

  async function ask(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ data: Record<string, unknown> }> {
    const reply = await fetch(`${api.baseUrl}/api/v1/admin/${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${path}: ${reply.status} ${text}`);
    return JSON.parse(text) as { data: Record<string, unknown> };
  }

  async function administrator(): Promise<string> {
    const person = { email: 'root@example.com', password: 'seven plain words make a phrase' };
    const post = async (path: string): Promise<Record<string, string>> => {
      const reply = await fetch(`${api.baseUrl}/api/v1/auth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(person),
      });
      return ((await reply.json()) as { data: Record<string, string> }).data;
    };
    await post('register');
    await admin.query(`update users set role = 'admin' where email = $1`, [person.email]);
    return (await post('signin')).access_token!;
  }
});

/** From $1 to $2, as old in half seconds as its number; one in ten lives, and of those the last tenth comes from one network. */
function sessionsOf(number = 'n'): string {
  return `insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at,
       expires_at, ip_address, user_agent, device, ips_used, refresh_nonce, ended_at, end_reason)
     select encode(sha256((${number})::text::bytea), 'hex'), ${someone.replace('n)', 'n / 10)')}, 0, at, at, at,
       case when lives then now() + interval '12 hours' else at + interval '1 minute' end, at + interval '30 days',
       case when lives then '198.51.' || n % 250 || '.' || n / 250 % 250 else '203.0.' || n % 4000 / 250 + 98 || '.' || n % 250 end,
       'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
       '{"browser":"Firefox","os":"Linux","kind":"desktop"}', '["203.0.113.7"]', sha256(n::text::bytea),
       case when not lives and n % 2 = 0 then at + interval '30 seconds' end, case when not lives and n % 2 = 0 then 'signout' end
     from generate_series($1::int, $2::int) n,
       lateral (select $3::timestamptz - interval '1 hour' - n * interval '500 milliseconds' as at, n % ${sessions / bulk} = 0 as lives) facts`;
}

/** Indexes are built when the rows are there, which takes a tenth of the time. */
async function seed(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
      where indrelid in ('users'::regclass, 'sessions'::regclass) and not indisunique`,
  );
  for (const { name } of rows) await admin.query(`drop index ${name}`);
  // Foreign keys are kept by the numbers.
  await admin.query('set session_replication_role = replica');
  for (let from = 0; from < people; from += seededAtOnce) {
    await admin.query(
      `insert into users (id, email, email_normalized, username, username_normalized, full_name, role, password_hash,
         created_at, updated_at, disabled_at)
       select ${someone}, 'person' || n || '@example.com', 'person' || n || '@example.com', 'user' || n, 'user' || n,
         'Name ' || n, 'user', 'none', now(), now(), case when n % 10000 = 0 then now() end
       from generate_series($1::int, $2::int) n`,
      [from, from + seededAtOnce - 1],
    );
  }
  for (let from = 0; from < sessions; from += seededAtOnce)
    await admin.query(sessionsOf(), [from, from + seededAtOnce - 1, 'now']);
  await admin.query('set session_replication_role = default');
  for (const { definition } of rows) await admin.query(definition);
  await admin.query('vacuum analyze users, sessions');
}

function figures(times: readonly number[]): { median: string; p95: string; worst: string } {
  return {
    median: quantile(times, 0.5).toFixed(1),
    p95: quantile(times, 0.95).toFixed(1),
    worst: quantile(times, 1).toFixed(1),
  };
}
