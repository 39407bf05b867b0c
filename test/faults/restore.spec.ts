import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type PostgresProcess, type RedisProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import type { Device } from './support/api-client.js';
import { command } from './support/boot.js';
import { Instance, secretKey } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres, startRedis } from './support/stores.js';

describe('a backup of PostgreSQL that is restored beside a living Redis', () => {
  let postgres: PostgresProcess;
  let redis: RedisProcess;
  let settings: Record<string, string>;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
    const url = new URL(postgres.url);
    url.pathname = '/live';
    settings = { DATABASE_URL: url.href, REDIS_URL: redis.url, SECRET_KEY: secretKey };
    await sql(postgres.url, 'create database live');
  });

  it('lets nobody in whose session ended after the backup, and the doctor writes the ends back', async () => {
    const first = await Instance.start(settings);
    const [one, all, kept] = [
      await first.api.register(aPerson()),
      await first.api.register(aPerson()),
      await first.api.register(aPerson()),
    ];
    for (const { token } of [one, all, kept]) await first.api.check(token);
    await first.process.stop();
    await sql(postgres.url, 'create database backup template live');

    const second = await Instance.start(settings);
    const late = await second.api.register(aPerson());
    await second.api.check(late.token);
    await second.api.ask('POST', '/auth/signout', { token: one.token });
    await second.api.ask('POST', '/auth/logout-all', { token: all.token });
    await second.process.stop();
    await sql(postgres.url, 'drop database live');
    await sql(postgres.url, 'create database live template backup');

    // The marks refuse what the restored rows would let in; what began later is served from the cache for a while.
    const third = await Instance.start(settings);
    const statuses = async (): Promise<number[]> =>
      Promise.all([one, all, late, kept].map(async ({ token }) => (await third.api.check(token)).status));
    expect(await statuses()).toEqual([401, 401, 200, 200]);

    // They last for four hours; what the doctor writes back lasts.
    const { code, stdout } = await command(['doctor', '--repair', '--json'], settings);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: expect.arrayContaining([
        expect.objectContaining({ id: 'cache.mark_of_live_session', repaired: 2 }),
        expect.objectContaining({ id: 'cache.entry_of_unknown_session', repaired: 1 }),
      ]),
    });
    expect(code).toBe(0);
    await redis.command('FLUSHALL');
    expect(await statuses()).toEqual([401, 401, 401, 200]);
  }, 150_000);
});

describe('a dump that is restored into a new cluster', () => {
  /** There transaction ids begin anew, so those of the dump lie ahead. */
  const aheadOfCluster = `
    update event_log set xid = (xid::text::bigint + 1000000)::text::xid8;
    update log_readers set position = position + 1000000;
    update event_log_purges set xid = xid + 1000000;`;
  const [, statements] = /```sql\n(.+?)```/s.exec(readFileSync('docs/operations.md', 'utf8'))!;

  it('serves on after the statements of the operations page, and nothing is read twice or left unread', async () => {
    const postgres = await startPostgres(notDurable);
    const first = await Instance.onServers(postgres.url);
    const [kept, ended] = [await first.api.register(aPerson()), await first.api.register(aPerson())];
    const recorded = async ({ sessionId }: Device): Promise<number> => {
      const text = `select from audit_log where type = 'session.ended' and session_id = $1`;
      return (await sql(postgres.url, text, [sessionId])).length;
    };
    await first.api.ask('POST', '/auth/signout', { token: ended.token });
    await eventually(async () => (await recorded(ended)) === 1, { describe: 'the audit has the end' });
    await first.process.stop();
    await sql(postgres.url, aheadOfCluster);
    await sql(postgres.url, statements!);

    const { api } = await Instance.onServers(postgres.url);
    expect((await api.check(ended.token)).status).toBe(401);
    expect((await api.check(kept.token)).status).toBe(200);
    expect((await api.ask('POST', '/auth/signout', { token: kept.token })).status).toBe(200);
    await eventually(async () => (await recorded(kept)) === 1, { describe: 'the audit goes on' });
    expect(await recorded(ended)).toBe(1);
    const settings = { DATABASE_URL: postgres.url, SECRET_KEY: secretKey };
    expect(await command(['audit', 'verify'], settings)).toMatchObject({ code: 0 });
  }, 60_000);
});

describe('a copy of an embedded installation', () => {
  it('starts elsewhere with its people and sessions', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-restore-'));
    own(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
    const [here, there] = [join(folder, 'here'), join(folder, 'there')];
    const first = await Instance.start({ DATA_DIR: here });
    const device = await first.api.register(aPerson());
    await first.process.stop();
    cpSync(here, there, { recursive: true });

    const second = await Instance.start({ DATA_DIR: there });
    expect((await second.api.check(device.token)).status).toBe(200);
    await second.api.signIn(device.person);
    await second.process.stop();
  }, 150_000);
});
