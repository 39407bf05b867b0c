import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { PostgresProcess, RedisProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import type { ApiClient, Device } from './support/api-client.js';
import { failedBoot } from './support/boot.js';
import { Instance, secretKey } from './support/instance.js';
import { notDurable, sql, startPostgres, startRedis } from './support/stores.js';

/** Reads what the previous version has written, and the other way round. */
let before: Instance;
let now: Instance;
let postgres: PostgresProcess;
let redis: RedisProcess;

beforeAll(async () => {
  const [program] = await Promise.all([
    promisify(execFile)(process.execPath, ['scripts/build-previous.mjs']).then(({ stdout }) => stdout.trim()),
    startPostgres(notDurable).then((server) => (postgres = server)),
    startRedis().then((server) => (redis = server)),
  ]);
  const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url, SECRET_KEY: secretKey };
  // First there is the previous version alone; then instances of this one come, and migrate beneath it.
  before = await Instance.start(env, undefined, program);
  await before.api.register(veteran);
  now = await Instance.start(env);
}, 120_000);

const veteran = aPerson();

const both = (): readonly (readonly [name: string, one: ApiClient, other: ApiClient])[] => [
  ['the previous version', before.api, now.api],
  ['this version', now.api, before.api],
];

async function expectLive(device: Device, ...clients: readonly ApiClient[]): Promise<void> {
  for (const api of clients) {
    const { status, text } = await api.check(device.token);
    expect({ status, text }).toEqual({ status: 200, text: expect.stringContaining(device.userId) });
  }
}

async function expectEnded(device: Device, ...clients: readonly ApiClient[]): Promise<void> {
  for (const api of clients) expect((await api.check(device.token)).status).toBe(401);
}

describe('the previous version and this one on one database', () => {
  it('know each other’s people, sessions and cached entries', async () => {
    for (const [name, one, other] of both()) {
      await expectLive(await one.signIn(veteran), one, other);
      const person = aPerson({ full_name: name });
      await one.register(person);
      await expectLive(await other.signIn(person), other, one);
    }
  });

  it('refuse at once what the other has ended, and say that it is proven', async () => {
    for (const [, one, other] of both()) {
      const device = await other.register(aPerson());
      await expectLive(device, one, other);
      const reply = await one.ask('POST', '/auth/signout', { token: device.token });
      expect(reply.status).toBe(200);
      await expectEnded(device, other, one);
      const devices = [await one.signIn(device.person), await other.signIn(device.person)];
      for (const each of devices) await expectLive(each, one, other);
      const all = await one.ask('POST', '/auth/logout-all', { token: devices[0]!.token });
      expect(all.status).toBe(200);
      for (const each of devices) await expectEnded(each, other, one);
    }
  });

  it('refresh each other’s sessions, and tell theft together', async () => {
    for (const [, one, other] of both()) {
      const device = await one.register(aPerson());
      const refresh = (api: ApiClient, token: string) =>
        api.ask('POST', '/auth/refresh', { body: { refresh_token: token } });
      const { status, body } = await refresh(other, device.refreshToken);
      expect(status).toBe(200);
      const child = body.data!;
      expect((await one.check(child.access_token)).status).toBe(200);
      expect((await refresh(one, child.refresh_token)).status).toBe(200);
      expect((await refresh(other, device.refreshToken)).status).toBe(401);
      expect((await one.check(child.access_token)).status).toBe(401);
    }
  });

  it('change a profile for both', async () => {
    for (const [name, one, other] of both()) {
      const device = await one.register(aPerson());
      await expectLive(device, one, other);
      const wish = { token: device.token, body: { full_name: `changed by ${name}` } };
      expect((await other.ask('PUT', '/auth/profile', wish)).status).toBe(200);
      expect((await one.ask('GET', '/auth/profile', { token: device.token })).text).toContain(
        `changed by ${name}`,
      );
    }
  });

  it('refuse to start on the schema of a newer one, in one line', async () => {
    await sql(
      postgres.url,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('x', 9999999999999)`,
    );
    const boot = await failedBoot({ DATABASE_URL: postgres.url, SECRET_KEY: secretKey });
    expect(boot).toMatchObject({
      code: 1,
      complaints: [
        'rollcall: The database was migrated by a newer version of Rollcall; start that version instead.',
      ],
    });
    const device = await now.api.signIn(veteran);
    await expectLive(device, before.api, now.api);
  });
});
