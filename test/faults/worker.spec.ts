import { ApiInstance, eventually, type PostgresProcess, type RedisProcess } from '@app/testing';
import { MailServer } from '../support/mail-server.js';
import { aPerson } from '../support/people.js';
import { Instance, secretKey } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres, startRedis } from './support/stores.js';

const main = 'dist/bin/worker.js';
let postgres: PostgresProcess;
let redis: RedisProcess;
let server: MailServer;

beforeAll(async () => {
  [postgres, redis, server] = await Promise.all([
    startPostgres(notDurable),
    startRedis(),
    MailServer.start(),
  ]);
  own(() => server.close());
}, 60_000);

const environment = (): Record<string, string> => ({
  DATABASE_URL: postgres.url,
  REDIS_URL: redis.url,
  SECRET_KEY: secretKey,
  SMTP_URL: server.url,
  MAIL_FROM: 'no-reply@example.com',
  REDIS_HEALTH_INTERVAL: '1',
  SESSION_CLEANUP_INTERVAL: '10',
});

async function startWorker(): Promise<ApiInstance> {
  const worker = await ApiInstance.start({ env: environment(), main });
  own(() => worker.kill9());
  return worker;
}

const isIn = ({ output }: ApiInstance, event: string): boolean => output.includes(`"event":"${event}"`);

/** The one registration, in one row for its day. */
const isCounted = async (): Promise<boolean> => {
  const counts = await sql<{ count: string }>(
    postgres.url,
    `select count from rollups where metric = 'users_created' and seconds = 86400`,
  );
  return counts.length === 1 && counts[0]!.count === '1';
};

const isAudited = async (userId: string): Promise<boolean> => {
  const text = `select from audit_log where type = 'user.created' and user_id = $1`;
  return (await sql(postgres.url, text, [userId])).length === 1;
};

const within = (timeoutMs: number, describe: string) => ({ timeoutMs, describe });

describe('a worker beside an API without jobs', () => {
  let api: Instance;

  beforeAll(async () => {
    api = await Instance.start({ ...environment(), JOBS_ENABLED: 'false' });
  }, 60_000);

  it('does what the API leaves alone: audit, counts, mail, cleanup, a look at Redis', async () => {
    const device = await api.api.register(aPerson());
    const { email, password } = device.person;
    await sql(
      postgres.url,
      `insert into revoked_tokens (jti, user_id, session_id, expires_at)
       values ('dead', $1, $2, now() - interval '1 day')`,
      [device.userId, device.sessionId],
    );
    expect(await sql(postgres.url, 'select from log_readers')).toEqual([]);
    const worker = await startWorker();
    const readers = ['analytics', 'audit', 'mail', 'webhooks'];
    await eventually(
      async () => (await sql(postgres.url, 'select from log_readers')).length >= readers.length,
      within(10_000, 'the log is being read'),
    );
    expect(await sql(postgres.url, 'select name from log_readers order by name')).toEqual(
      readers.map((name) => ({ name })),
    );
    await eventually(isCounted, within(10_000, 'the registration has been counted'));
    await eventually(() => isAudited(device.userId), within(10_000, 'it has been written down'));
    const body = { current_password: password, new_password: 'some other words that make a phrase' };
    await api.api.ask('PUT', '/auth/profile/password', { token: device.token, body });
    await eventually(() => server.to(email).length === 1, within(10_000, 'the mail has come'));
    await redis.freeze();
    await eventually(() => isIn(worker, 'redis.unhealthy'), within(10_000, 'the alert line'));
    redis.thaw();
    await eventually(() => isIn(worker, 'cleanup.removed'), within(20_000, 'the cleanup'));
    expect(await sql(postgres.url, `select from revoked_tokens where jti = 'dead'`)).toEqual([]);
    const metrics = await (await fetch(`${worker.baseUrl}/metrics`)).text();
    expect(metrics).toMatch(/rollcall_redis_health_total\{result="down"\} [1-9]/);
    expect(metrics).toContain('rollcall_mail_total{result="sent"} 1');
    for (const event of ['mail.sent', 'cleanup.removed', 'redis.unhealthy'])
      expect({ event, isOfApi: isIn(api.process, event) }).toEqual({ event, isOfApi: false });
    expect(await worker.stop()).toMatchObject({ code: 0, signal: null });
  }, 90_000);

  it('is nobody that a revocation waits for, and answers two addresses only', async () => {
    const worker = await startWorker();
    expect(await sql(postgres.url, 'select from instances')).toHaveLength(1);
    expect(await (await fetch(`${worker.baseUrl}/health`)).json()).toEqual({ status: 'ok' });
    const forwarded = await fetch(`${worker.baseUrl}/metrics`, {
      headers: { 'x-forwarded-for': '192.0.2.1' },
    });
    expect(forwarded.status).toBe(404);
    for (const path of ['/', '/api/v1/auth/session', '/ready'])
      expect((await fetch(`${worker.baseUrl}${path}`)).status).toBe(404);
    await worker.stop();
  }, 60_000);

  it('does not start on an embedded database, which belongs to one process', async () => {
    const { DATABASE_URL: _, ...env } = environment();
    await expect(ApiInstance.start({ env, main })).rejects.toThrow('DATABASE_URL is required');
  }, 60_000);
});
