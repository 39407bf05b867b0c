import { eventually, type PostgresProcess, type RedisProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import type { Device } from './support/api-client.js';
import { command } from './support/boot.js';
import { Instance, secretKey } from './support/instance.js';
import { notDurable, sql, startPostgres, startRedis } from './support/stores.js';

interface Finding {
  readonly id: string;
  readonly severity: string;
  readonly detail: string;
  readonly repairable: boolean;
  readonly repaired: number | null;
}

let postgres: PostgresProcess;
let redis: RedisProcess;
let instance: Instance;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
  instance = await Instance.onServers(postgres.url, { REDIS_URL: redis.url });
}, 60_000);

async function doctor(
  words: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; findings: Finding[] }> {
  const settings = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, SECRET_KEY: secretKey, ...env };
  const { code, stdout, complaints } = await command(['doctor', '--json', ...words], settings);
  if (stdout === '') throw new Error(`ended with ${code}: ${complaints.join('\n')}`);
  return { code, findings: (JSON.parse(stdout) as { findings: Finding[] }).findings };
}

const idsOf = (findings: readonly Finding[]): string[] => findings.map(({ id }) => id).toSorted();
const run = (text: string, values: unknown[] = []): Promise<unknown[]> => sql(postgres.url, text, values);
const keyOf = (kind: string, { userId, sessionId }: Device): string =>
  `${kind}:{${Number.parseInt(userId.slice(-2), 16)}}:${sessionId}`;

/** Signed in, and in the cache. */
async function cached(): Promise<Device> {
  const device = await instance.api.register(aPerson());
  await eventually(
    async () => {
      await instance.api.check(device.token);
      return (await redis.command('EXISTS', keyOf('session', device))) === 1;
    },
    { describe: 'the session is in the cache' },
  );
  return device;
}

/** An end in each way in which people and limits end sessions. */
async function ordinaryLife(): Promise<void> {
  const { api } = instance;
  const device = await cached();
  const others = [];
  for (let index = 0; index < 6; index += 1) others.push(await api.signIn(device.person));
  for (const { token } of others) await api.check(token);
  await api.ask('POST', '/auth/signout', { token: others[5]!.token });
  await api.ask('DELETE', `/sessions/${others[4]!.sessionId}`, { token: others[3]!.token });
  await api.ask('POST', '/auth/refresh', { body: { refresh_token: others[3]!.refreshToken } });
  await api.ask('POST', '/auth/logout-all', { token: others[2]!.token });
  await cached();
}

/** One of each kind, and several of some; the session whose end was forgotten. */
async function plantFaults(): Promise<Device> {
  // An old copy of Redis: the entry is back, and the mark of the end is not there.
  const ended = await cached();
  const entry = String(await redis.command('GET', keyOf('session', ended)));
  await instance.api.ask('POST', '/auth/signout', { token: ended.token });
  await redis.command('DEL', keyOf('ended', ended));
  await redis.command('SET', keyOf('session', ended), entry, 'EX', 3_000);
  const [older, purged, kept, marked, revived] = [
    await cached(),
    await cached(),
    await cached(),
    await cached(),
    await cached(),
  ];
  await run('update users set gen = gen + 1 where id = $1', [older.userId]);
  await run('delete from sessions where id = $1', [purged.sessionId]);
  await redis.command('PERSIST', keyOf('session', kept));
  await instance.api.ask('POST', '/auth/signout', { token: marked.token });
  await redis.command('PERSIST', keyOf('ended', marked));
  // A restore that lost the end.
  await instance.api.ask('POST', '/auth/signout', { token: revived.token });
  await run('update sessions set ended_at = null, end_reason = null where id = $1', [revived.sessionId]);
  await redis.command('RPUSH', `session:{7}:${'a'.repeat(64)}`, 'x');
  await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  await instance.process.kill9();
  await run(`update pg_index set indisvalid = false where indexrelid = 'sessions_by_age'::regclass`);
  await run(`insert into log_readers (name, position) values ('stuck', 0)`);
  await run(`update event_log set created_at = now() - interval '4 hours' where id < 5`);
  await run(`insert into bulk_ends (id, filter, state, matched, created_at)
             values (gen_random_uuid(), '{}', 'running', 1, now() - interval '1 hour')`);
  await run(`update sessions set expires_at = now() - interval '1 year' where id = $1`, [marked.sessionId]);
  await run(`insert into mail_outbox (event_id, user_id, kind, recipient, facts, happened_at, next_try_at)
             select 1, id, 'x', 'x', '{}', now(), now() - interval '2 hours' from users limit 1`);
  await run(`update signing_keys set signs_from = now() - interval '1 year' where signs_from is not null`);
  return ended;
}

const repairable = [
  'cache.entry_of_ended_session',
  'cache.entry_of_old_generation',
  'cache.entry_of_unknown_session',
  'cache.mark_missing',
  'cache.mark_of_live_session',
  'cache.unreadable_key',
  'cache.wrong_life',
];
const lasting = [
  'instances.silent',
  'jobs.bulk_end_stuck',
  'jobs.cleanup_behind',
  'jobs.mail_stuck',
  'keys.old',
  'postgres.invalid_index',
  'readers.lagging',
  'redis.evicts',
  'redis.not_persistent',
];

describe('rollcall doctor', () => {
  it('finds nothing wrong with an installation at work', async () => {
    await ordinaryLife();
    const { code, findings } = await doctor();
    expect(findings.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([
      'redis.not_persistent: no AOF, no save points',
    ]);
    expect(code).toBe(0);
  }, 60_000);

  it('finds every planted fault, and repairs those that can be repaired', async () => {
    const ended = await plantFaults();
    const before = await doctor();
    expect(idsOf(before.findings)).toEqual([...repairable, ...lasting].toSorted());
    expect(before.code).toBe(1);
    expect(idsOf(before.findings.filter((finding) => finding.repairable))).toEqual(repairable);

    const { findings } = await doctor(['--repair']);
    const repaired = findings.filter((finding) => finding.repaired !== null);
    expect(idsOf(repaired)).toEqual(repairable);
    for (const { detail, repaired: count } of repaired) expect(detail).toMatch(new RegExp(`^${count} `));

    expect(idsOf((await doctor()).findings)).toEqual(lasting);
    expect(await redis.command('EXISTS', keyOf('session', ended))).toBe(0);
    expect(await redis.command('EXISTS', keyOf('ended', ended))).toBe(1);
  }, 120_000);

  it('judges settings, also when PostgreSQL is away', async () => {
    const { code, findings } = await doctor([], {
      DATABASE_URL: 'postgres://ann@198.51.100.7:1/x',
      REDIS_URL: 'redis://198.51.100.7',
      NODE_ENV: 'production',
      PUBLIC_URL: 'http://login.example.com',
      SESSION_FALLBACK: 'token-only',
      RATE_LIMIT_ENABLED: 'false',
      SECRET_KEY: '0123456789abcdef0123456789abcdee',
    });
    expect(code).toBe(1);
    expect(idsOf(findings)).toEqual([
      'config.database_in_the_clear',
      'config.limits_off',
      'config.public_url_insecure',
      'config.redis_in_the_clear',
      'config.token_only',
      'postgres.unreachable',
    ]);
  }, 60_000);

  it('touches nothing under another secret or on another schema', async () => {
    const stray = `session:{7}:${'b'.repeat(64)}`;
    await redis.command('SET', stray, 'what the doctor would remove');
    const other = await doctor(['--repair'], { SECRET_KEY: secretKey.toUpperCase() });
    expect(idsOf(other.findings)).toEqual([...lasting, 'keys.other_secret'].toSorted());
    expect(await redis.command('GET', stray)).toBe('what the doctor would remove');
    await run(`insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`);
    expect(idsOf((await doctor(['--repair'])).findings)).toEqual(['schema.newer']);
    expect(await redis.command('GET', stray)).toBe('what the doctor would remove');
    await run(`delete from drizzle.__drizzle_migrations where hash = 'x'`);
    expect(idsOf((await doctor(['--repair'])).findings)).toContain('cache.entry_of_unknown_session');
    expect(await redis.command('EXISTS', stray)).toBe(0);
  }, 90_000);

  it('asks nothing of tables that may be missing on an older schema', async () => {
    const newest = '(select max(created_at) from drizzle.__drizzle_migrations)';
    await run(`delete from drizzle.__drizzle_migrations where created_at = ${newest}`);
    expect(idsOf((await doctor()).findings)).toEqual(['schema.older']);
  }, 60_000);
});
