import { createHash } from 'node:crypto';
import { eventually, type PostgresProcess, type RedisProcess } from '@app/testing';
import type { ApiClient, Device } from './support/api-client.js';
import type { Reply } from './support/http.js';
import { Instance, secretKey } from './support/instance.js';
import { setReadOnly, sql, startPostgres, startRedis } from './support/stores.js';

/** Passwords that stand nowhere else; each belongs to one flow, so that a hit tells which one leaks. */
const canary = (flow: string): string => `canary ${flow} sings: blåbærgrød & ünïcode`;

const administrator = { email: 'canary-admin@example.com', password: canary('administrator') };
const person = {
  email: 'canary-person@example.com',
  username: 'canary.person',
  password: canary('registered'),
};

interface Secret {
  readonly name: string;
  readonly text: string;
}

let postgres: PostgresProcess;
let redis: RedisProcess;
let instance: Instance;
const secrets: Secret[] = [];
/** Of PostgreSQL and of Redis until they were killed. */
let serverLog = '';
let redisDump = '';
/** Not secret, and certain to be found: without them an empty dump would look safe. */
const controls: { sessionId: string; requestId: string }[] = [];

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
  instance = await Instance.onServers(postgres.url, {
    REDIS_URL: redis.url,
    LOG_LEVEL: 'trace',
    ADMIN_EMAIL: administrator.email,
    ADMIN_PASSWORD: administrator.password,
  });
  const passwords = ['administrator', 'registered', ...Object.keys(mistakes)];
  secrets.push({ name: 'SECRET_KEY', text: secretKey });
  secrets.push(...passwords.map((flow) => ({ name: `password ${flow}`, text: canary(flow) })));
  await everyFlow(instance.api);
  await Promise.all(Object.values(mistakes).map((mistake) => mistake(instance.api)));
  await failuresOfTheStore(instance.api);
}, 120_000);

/** What people and programs do wrong, each with a password of its own. */
const mistakes: Readonly<Record<string, (api: ApiClient) => Promise<Reply>>> = {
  mistyped: (api) => api.trySignIn({ email: person.email, password: canary('mistyped') }),
  unknown: (api) => api.trySignIn({ email: 'canary-nobody@example.com', password: canary('unknown') }),
  taken: (api) => api.tryRegister({ email: person.email, password: canary('taken') }),
  conflict: (api) =>
    api.tryRegister({
      email: 'canary-2@example.com',
      username: person.username,
      password: canary('conflict'),
    }),
  invalid: (api) => api.tryRegister({ email: 'no address', password: canary('invalid') }),
  'in the username': (api) =>
    api.ask('POST', '/auth/signin', {
      body: { username: canary('in the username'), password: canary('in the username') },
    }),
  'in the e-mail': (api) => api.trySignIn({ email: canary('in the e-mail'), password: 'x' }),
  'in an unknown field': (api) =>
    api.ask('POST', '/auth/signin', {
      body: { email: person.email, pasword: canary('in an unknown field') },
    }),
  'in a query': (api) =>
    api.ask('POST', `/auth/signin?password=${encodeURIComponent(canary('in a query'))}`, { body: {} }),
  'in a path': (api) => api.ask('GET', `/sessions/${encodeURIComponent(canary('in a path'))}`),
  'in broken JSON': (api) =>
    api.ask('POST', '/auth/signin', { body: `{"email":"a@b.c","password":"${canary('in broken JSON')}"` }),
  'in a foreign body': (api) =>
    api.ask('POST', '/auth/signin', {
      body: `password=${canary('in a foreign body')}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  'in a credential': (api) =>
    api.ask('GET', '/auth/session', {
      headers: { authorization: `Basic ${Buffer.from(canary('in a credential')).toString('base64')}` },
    }),
  'in a cookie': (api) =>
    api.ask('GET', '/auth/session', {
      headers: { cookie: `password=${encodeURIComponent(canary('in a cookie'))}` },
    }),
  'with a NUL': (api) =>
    api.ask('POST', '/auth/signin', {
      body: { username: `a\u0000${canary('with a NUL')}`, password: canary('with a NUL') },
    }),
};

function remember(device: Device): Device {
  const [, , signature] = device.token.split('.');
  secrets.push(
    { name: 'access token', text: device.token },
    { name: 'signature of an access token', text: signature! },
    { name: 'refresh token', text: device.refreshToken },
    // Session id (public), generation, MAC: only the last makes it a key.
    { name: 'MAC of a refresh token', text: macOf(device.refreshToken) },
  );
  return device;
}

function macOf(refreshToken: string): string {
  return Buffer.from(refreshToken, 'base64url').subarray(-32).toString('base64url');
}

async function everyFlow(api: ApiClient): Promise<void> {
  const root = remember(await api.signIn(administrator));
  const laptop = remember(await api.register(person));
  const phone = remember(await api.signIn(person));
  const { username, password } = person;
  const byName = await api.ask('POST', '/auth/login', { body: { username, password } });
  expect(byName.status).toBe(200);
  for (const path of ['/auth/session', '/auth/me', '/auth/sessions', '/sessions', '/sessions/current']) {
    expect((await api.ask('GET', path, phone)).status).toBe(200);
  }
  expect((await api.ask('DELETE', `/sessions/${laptop.sessionId}`, phone)).status).toBe(200);
  expect((await api.check(laptop.token)).status).toBe(401);
  expect((await api.ask('DELETE', `/sessions/${root.sessionId}`, phone)).status).toBe(404);
  expect((await api.ask('DELETE', '/sessions', phone)).status).toBe(200);
  expect((await api.ask('POST', '/auth/signout', phone)).status).toBe(200);
  expect((await api.ask('POST', '/auth/logout-all', root)).status).toBe(200);
  const forged = `${laptop.token.slice(0, -9)}AAAAAAAAA`;
  const refused = await api.check(forged);
  expect(refused.status).toBe(401);
  // A refresh token where an access token belongs.
  expect((await api.check(phone.refreshToken)).status).toBe(401);
  await api.ready();
  controls.push({ sessionId: laptop.sessionId, requestId: refused.body.request_id! });
  for (let more = 0; more < 6; more += 1) remember(await api.signIn(person));
}

/** An error of the driver carries the statement and its parameters. */
async function failuresOfTheStore(api: ApiClient): Promise<void> {
  const device = remember(await api.signIn(person));
  await setReadOnly(postgres.url, 'on');
  await eventually(async () => (await api.trySignIn(person)).status === 503, { describe: 'writes fail' });
  expect((await api.tryRegister({ email: 'canary-3@example.com', password: canary('taken') })).status).toBe(
    503,
  );
  expect((await api.ask('POST', '/auth/signout', device)).status).toBe(503);
  redisDump = await dumpOfRedis();
  await postgres.kill9();
  await redis.kill9();
  serverLog = postgres.output;
  expect((await api.trySignIn(person)).status).toBe(503);
  expect((await api.check(device.token)).status).toBe(503);
  expect((await api.ready()).status).toBe(503);
  await postgres.restart();
  await setReadOnly(postgres.url, 'off');
  await redis.restart();
  await eventually(async () => (await api.ready()).body.status === 'ok', {
    describe: 'the instance is ready again',
    timeoutMs: 10_000,
  });
  remember(await api.signIn(person));
}

/** The forms in which a value may lie somewhere: itself, escaped, and its bytes in the usual spellings. */
function formsOf(text: string): string[] {
  const utf8 = Buffer.from(text, 'utf8');
  const raw = /^[\w-]{40,}$/.test(text) ? [Buffer.from(text, 'base64url')] : [];
  const bytes = [utf8, ...raw].flatMap((buffer) =>
    (['hex', 'base64', 'base64url'] as const).map((spelling) => buffer.toString(spelling).replace(/=+$/, '')),
  );
  const digests = (['sha256', 'sha1', 'md5'] as const).flatMap((name) =>
    (['hex', 'base64', 'base64url'] as const).map((spelling) =>
      createHash(name).update(utf8).digest(spelling).replace(/=+$/, ''),
    ),
  );
  const escaped = [encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
  return [...new Set([text, text.normalize('NFKC'), ...escaped, ...bytes, ...digests])];
}

function hitsIn(haystack: string): string[] {
  return secrets
    .filter(({ text }) => formsOf(text).some((form) => haystack.includes(form)))
    .map(({ name }) => name);
}

/** All rows of all tables, also of those nobody thought of; bytes as hex. */
async function dumpOfDatabase(): Promise<string> {
  const tables = await sql<{ name: string }>(
    postgres.url,
    `select format('%I.%I', schemaname, tablename) as name from pg_tables
     where schemaname not in ('pg_catalog', 'information_schema')`,
  );
  expect(tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['public.users', 'public.sessions']));
  const dumps = await Promise.all(
    tables.map(({ name }) => sql<{ row: string }>(postgres.url, `select t::text as row from ${name} t`)),
  );
  return dumps
    .flat()
    .map(({ row }) => row)
    .join('\n');
}

/** Keys and values, whatever their type. */
async function dumpOfRedis(): Promise<string> {
  const readers: Readonly<Record<string, (key: string) => [string, ...string[]]>> = {
    string: (key) => ['GET', key],
    hash: (key) => ['HGETALL', key],
    list: (key) => ['LRANGE', key, '0', '-1'],
    set: (key) => ['SMEMBERS', key],
    zset: (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'],
    stream: (key) => ['XRANGE', key, '-', '+'],
  };
  const keys = (await redis.command('KEYS', '*')) as string[];
  const values = await Promise.all(
    keys.map(async (key) => redis.command(...readers[String(await redis.command('TYPE', key))]!(key))),
  );
  return JSON.stringify([keys, values]);
}

describe('after every flow, mistake and failure', () => {
  it('the database holds no password, token or part of one', async () => {
    const dump = await dumpOfDatabase();
    expect(dump).toContain(controls[0]!.sessionId);
    expect(dump).toContain(person.email);
    expect(hitsIn(dump)).toEqual([]);
  });

  it('Redis holds none', async () => {
    expect(redisDump).toContain('probe:');
    expect(hitsIn(redisDump + (await dumpOfRedis()))).toEqual([]);
  });

  it('the log of PostgreSQL holds none', () => {
    expect(serverLog).toContain('cannot execute INSERT in a read-only transaction');
    expect(hitsIn(serverLog + postgres.output)).toEqual([]);
  });

  it('everything that the process printed, traces included, holds none, and no e-mail address either', () => {
    const { output } = instance.process;
    expect(output).toContain('"event":"api.started"');
    expect(output).toContain(controls[0]!.requestId);
    expect(output).toContain('"code":"STORE_UNAVAILABLE"');
    expect(hitsIn(output)).toEqual([]);
    const known = output.split('\n').filter((line) => !line.includes('"event":"api.started"'));
    expect(known.filter((line) => /canary[\w.-]*(?:@|%40)example\.com/i.test(line))).toEqual([]);
  });

  it('a search would have found them', () => {
    const token = secrets.find(({ name }) => name === 'access token');
    const password = secrets.find(({ name }) => name === 'password registered');
    for (const { text, name } of [token!, password!]) {
      expect(hitsIn(`… ${Buffer.from(text).toString('hex')} …`)).toContain(name);
    }
    expect(new Set(secrets.map(({ text }) => text)).size).toBeGreaterThan(40);
  });
});
