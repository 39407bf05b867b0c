import type { PostgresProcess, RedisProcess } from '@app/testing';
import { aPerson, goodPassword } from '../support/people.js';
import { type Boot, command } from './support/boot.js';
import { Instance, secretKey } from './support/instance.js';
import { notDurable, sql, startPostgres, startRedis } from './support/stores.js';

let postgres: PostgresProcess;
let redis: RedisProcess;
let instances: readonly [Instance, Instance];
let settings: Readonly<Record<string, string>>;

beforeAll(async () => {
  [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
  settings = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, SECRET_KEY: secretKey };
  const start = (): Promise<Instance> => Instance.onServers(postgres.url, { REDIS_URL: redis.url });
  instances = [await start(), await start()];
}, 60_000);

const run = (...words: string[]): Promise<Boot> => command(words, settings);

async function json<T>(...words: string[]): Promise<T> {
  const boot = await run(...words, '--json');
  if (boot.code !== 0) throw new Error(`ended with ${boot.code}: ${boot.complaints.join('\n')}`);
  return JSON.parse(boot.stdout) as T;
}

/** What the log says was done to somebody, last first. */
const actsOn = (userId: string): Promise<{ type: string; by: string | null; note: string | null }[]> =>
  sql(
    postgres.url,
    `select type, payload ->> 'by' as by, payload ->> 'note' as note from event_log
     where user_id = $1 and payload ? 'note' order by id desc`,
    [userId],
  );

describe('rollcall user', () => {
  it('creates somebody with a password that is shown once and has to be replaced', async () => {
    const { id, generated_password: password } = await json<{ id: string; generated_password: string }>(
      'user',
      'create',
      'made@example.com',
      '--reason',
      'ticket 1',
    );
    const [{ api }] = instances;
    const device = await api.signIn({ email: 'made@example.com', password });
    expect((await api.ask('GET', '/sessions', { token: device.token })).body).toMatchObject({
      code: 'PASSWORD_CHANGE_REQUIRED',
    });
    expect(await actsOn(id)).toEqual([{ type: 'user.created', by: null, note: 'ticket 1' }]);
    expect((await run('user', 'show', 'made@example.com')).stdout).not.toContain(password);
  });

  it('takes a password from standard input only, and the policy judges it', async () => {
    const create = (email: string, input: string): Promise<Boot> =>
      command(['user', 'create', email, '--password-stdin'], settings, `${input}\n`);
    expect(await create('typed@example.com', goodPassword)).toMatchObject({
      code: 0,
      stdout: expect.not.stringContaining(goodPassword),
    });
    await instances[0].api.signIn({ email: 'typed@example.com', password: goodPassword });
    expect(await create('short@example.com', 'short')).toMatchObject({
      code: 1,
      complaints: [expect.stringMatching(/^rollcall: the password .+/)],
    });
    expect(await create('typed@example.com', goodPassword)).toMatchObject({ code: 1 });
  });

  it('disables somebody so that by its end no running instance accepts them, and enables them again', async () => {
    const [first, second] = instances;
    const device = await first.api.register(aPerson());
    expect((await second.api.check(device.token)).status).toBe(200);
    const registry = 'select count(*)::int as count from instances';
    const done = await json('user', 'disable', device.person.email, '--reason', 'left the company');

    expect(done).toEqual({ id: device.userId, sessions_ended: 1, propagation: 'complete' });
    for (const { api } of instances) expect((await api.check(device.token)).status).toBe(401);
    expect((await actsOn(device.userId))[0]).toMatchObject({ by: null, note: 'left the company' });
    expect(await sql(postgres.url, registry)).toEqual([{ count: 2 }]);
    await json('user', 'enable', device.userId);
    await second.api.signIn(device.person);
  });

  it('changes roles, and leaves the last administrator alone', async () => {
    const { userId, person } = await instances[0].api.register(aPerson());
    expect(await json('user', 'role', person.email, 'admin')).toMatchObject({
      role: 'admin',
      propagation: 'complete',
    });
    const refused = await run('user', 'role', userId, 'user');
    expect(refused).toMatchObject({ code: 1, complaints: [expect.stringMatching(/administrator/)] });
  });

  it('ends the waits after failed sign-ins', async () => {
    const { email } = aPerson();
    await json('user', 'create', email);
    expect(await json('user', 'unlock', email)).toMatchObject({ email, locked_until: null });
    expect(await run('user', 'unlock', 'nobody@example.com')).toMatchObject({ code: 1 });
  });
});

describe('rollcall sessions', () => {
  it('lists, and ends one or all of a person everywhere', async () => {
    const [first, second] = instances;
    const device = await first.api.register(aPerson());
    const others = [await first.api.signIn(device.person), await second.api.signIn(device.person)];
    const { sessions } = await json<{ sessions: { id: string }[] }>(
      'sessions',
      'list',
      '--user',
      device.userId,
    );
    expect(sessions.map(({ id }) => id)).toEqual(
      [device, ...others].map(({ sessionId }) => sessionId).toReversed(),
    );
    expect(await json('sessions', 'end', device.sessionId)).toMatchObject({
      end_reason: 'admin',
      propagation: 'complete',
    });
    expect((await second.api.check(device.token)).status).toBe(401);
    expect((await second.api.check(others[0]!.token)).status).toBe(200);
    expect(await json('sessions', 'end', '--user', device.person.email)).toMatchObject({ sessions_ended: 2 });
    for (const { token } of others) expect((await first.api.check(token)).status).toBe(401);
  });

  it('ends by a filter what a dry run counted, and nothing when another number matches', async () => {
    const [first, second] = instances;
    const { token, userId } = await first.api.register(aPerson());
    const filter = ['--user', userId, '--network', '127.0.0.0/8'];
    expect(await json('sessions', 'end', ...filter, '--dry-run')).toMatchObject({ count: 1 });
    expect(await run('sessions', 'end', ...filter, '--expect', '2')).toMatchObject({ code: 1, stdout: '' });
    expect((await second.api.check(token)).status).toBe(200);
    const ended = await json('sessions', 'end', ...filter, '--expect', '1');
    expect(ended).toMatchObject({ state: 'done', matched: 1, propagation: 'complete' });
    expect((await second.api.check(token)).status).toBe(401);
  });

  it.each([
    [['end']],
    [['end', 'x', '--user', 'y']],
    [['end', '--network', '10.0.0.0/8']],
    [['end', '--network', 'nonsense', '--dry-run']],
    [['end', 'x', '--reason', '']],
    [['list', '--created-after', 'yesterday']],
    [['list', '--limit', '0']],
  ])('does not take %j for an order', async (words) => {
    expect(await run('sessions', ...words)).toMatchObject({ code: 2, stdout: '' });
  });

  it('leaves no session with a mark missing when Redis is away, but says so', async () => {
    const { token, sessionId } = await instances[0].api.register(aPerson());
    await redis.freeze();
    const boot = await run('sessions', 'end', sessionId);
    redis.thaw();
    expect(boot.code).toBe(0);
    expect(boot.complaints).toEqual([
      expect.stringMatching(/^rollcall: Redis does not answer.+doctor --repair$/),
    ]);
    for (const { api } of instances) expect((await api.check(token)).status).toBe(401);
  });
});

describe('a command', () => {
  const broken = (changes: Readonly<Record<string, string>>): Promise<Boot> =>
    command(['user', 'show', 'x@example.com', '--json'], { ...settings, ...changes });

  it('ends with 3 when PostgreSQL is away, and with 4 for settings and a secret that do not fit', async () => {
    const away = await broken({ DATABASE_URL: 'postgres://ann:SENTINEL@127.0.0.1:1/x' });
    expect(away.code).toBe(3);
    expect(away.complaints.join()).not.toContain('SENTINEL');
    expect(JSON.parse(away.complaints[0]!)).toMatchObject({ error: { message: expect.any(String) } });
    expect((await broken({ PORT: 'x' })).code).toBe(4);
    expect((await broken({ SECRET_KEY: secretKey.toUpperCase() })).code).toBe(4);
  });

  it('does not work on a schema of another version, and migrates only when told to', async () => {
    const url = new URL(postgres.url);
    url.pathname = '/older';
    await sql(postgres.url, 'create database older');
    const older = { ...settings, DATABASE_URL: url.href };
    const refused = await command(['keys', 'list'], older);
    expect(refused).toMatchObject({ code: 4, complaints: [expect.stringMatching(/rollcall migrate$/)] });
    expect(await command(['migrate', '--check'], older)).toMatchObject({ code: 1 });
    expect(await command(['migrate'], older)).toMatchObject({ code: 0 });
    expect(await command(['migrate', '--check'], older)).toMatchObject({ code: 0 });
    expect(await command(['keys', 'list'], older)).toMatchObject({ code: 0 });
    await sql(
      url.href,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`,
    );
    expect(await command(['keys', 'list'], older)).toMatchObject({ code: 4 });
    expect(await command(['migrate'], older)).toMatchObject({ code: 4 });
  }, 60_000);

  it('shows settings without their secrets', async () => {
    const { code, stdout } = await run('config', 'check');
    expect(code).toBe(0);
    expect(stdout).toContain('sessions.limit = 5');
    expect(stdout).not.toContain(secretKey);
  });
});
