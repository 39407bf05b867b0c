import { eventually, type PostgresProcess } from '@app/testing';
import { MailServer } from '../support/mail-server.js';
import { aPerson, goodPassword } from '../support/people.js';
import { answers, WebhookReceiver } from '../support/webhook-receiver.js';
import { ApiClient } from './support/api-client.js';
import { Asking } from './support/asking.js';
import { NoReplyError, type Reply } from './support/http.js';
import { Instance } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres } from './support/stores.js';

/** Seconds until the process is gone, and what a busy machine adds. */
const exitSeconds = 5;
const allowance = 3;

let postgres: PostgresProcess;

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
});

async function expectOrderlyExit(instance: Instance, signalledAt: number): Promise<void> {
  expect(await instance.process.exited).toEqual({ code: 0, signal: null });
  expect((performance.now() - signalledAt) / 1000).toBeLessThan(exitSeconds + allowance);
  expect(instance.process.output).not.toContain('api.connections_cut');
}

describe('SIGTERM', () => {
  it('under load on kept-alive connections fails no request that was sent on one of them', async () => {
    const instance = await Instance.onServers(postgres.url);
    const device = await instance.api.register(aPerson());
    const lost: NoReplyError[] = [];
    const clients = Array.from({ length: 8 }, () =>
      ApiClient.at(instance.process.baseUrl, { keepAlive: true }),
    );
    const loops = clients.map((client) => new Asking(() => client.check(device.token).catch(recordLoss)));
    function recordLoss(error: unknown): never {
      if (error instanceof NoReplyError && error.onUsedConnection) lost.push(error);
      throw error;
    }
    await Promise.all(loops.map((loop) => loop.until('200', 50)));

    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    const saysNo = await notReady(instance.api);
    expect(saysNo.body.status).toBe('shutting_down');
    // Asked after that on a new connection and answered: so the listener was still open.
    const late = await instance.api.check(device.token);
    expect(late.status).toBe(200);
    expect(late.headers.connection).toBe('close');

    await expectOrderlyExit(instance, signalledAt);
    await Promise.all(loops.map((loop) => loop.stop()));
    clients.forEach((client) => client.http.close());
    expect(lost).toEqual([]);
    // Whoever comes when nobody listens any more is refused, which a balancer repeats elsewhere.
    const heard = new Set(loops.flatMap((loop) => loop.kinds));
    expect([...heard].filter((answer) => answer !== 'ECONNREFUSED' && answer !== 'ECONNRESET')).toEqual([
      '200',
    ]);
  }, 60_000);

  it('waits for the requests in flight: sign-ins in line for their hash are answered', async () => {
    const instance = await Instance.onServers(postgres.url, {
      SHUTDOWN_DRAIN: '0',
      PASSWORD_HASH_CONCURRENCY: '1',
    });
    const person = aPerson();
    await instance.api.register(person);
    const replies = Array.from({ length: 12 }, () => instance.api.trySignIn(person));
    await Promise.any(replies);
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    const statuses = (await Promise.all(replies)).map(({ status }) => status);
    expect(statuses).toEqual(replies.map(() => 200));
    await expectOrderlyExit(instance, signalledAt);
  }, 60_000);

  it('drains for as long as SHUTDOWN_DRAIN says, also when that is long', async () => {
    const instance = await Instance.onServers(postgres.url, { SHUTDOWN_DRAIN: '5' });
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    await notReady(instance.api);
    expect(await instance.process.exited).toEqual({ code: 0, signal: null });
    expect((performance.now() - signalledAt) / 1000).toBeGreaterThan(5);
  }, 60_000);

  it('ends in good order while a receiver of webhooks and a mail server hang: all jobs are waited for together', async () => {
    const [receiver, mails] = await Promise.all([WebhookReceiver.start(), MailServer.start()]);
    own(() => Promise.all([receiver.close(), mails.close()]));
    receiver.answer = answers.hang;
    mails.verdict = 'never';
    const mail = { SMTP_URL: mails.url, MAIL_FROM: 'no-reply@example.com' };
    const instance = await Instance.onServers(postgres.url, { WEBHOOK_ALLOW_PRIVATE: 'true', ...mail });
    const { person, userId } = await instance.api.register(aPerson());
    await sql(postgres.url, `update users set role = 'admin' where id = $1`, [userId]);
    const { token } = await instance.api.signIn(person);
    const hook = { url: receiver.url, label: 'hangs', events: ['*'] };
    expect((await instance.api.ask('POST', '/admin/webhooks', { token, body: hook })).status).toBe(201);
    const change = { current_password: person.password, new_password: `${goodPassword} again` };
    const changed = await instance.api.ask('PUT', '/auth/profile/password', { token, body: change });
    expect(changed.status).toBe(200);
    await eventually(() => receiver.received.length > 0 && mails.unanswered > 0, {
      timeoutMs: 15_000,
      describe: 'both have something and say nothing',
    });
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    await expectOrderlyExit(instance, signalledAt);
  }, 60_000);

  it('ends the process at once when it is sent twice', async () => {
    const instance = await Instance.onServers(postgres.url, { SHUTDOWN_DRAIN: '60' });
    instance.process.signal('SIGTERM');
    await notReady(instance.api);
    const signalledAt = performance.now();
    instance.process.signal('SIGTERM');
    expect(await instance.process.exited).toEqual({ code: 1, signal: null });
    expect((performance.now() - signalledAt) / 1000).toBeLessThan(1 + allowance);
  }, 60_000);
});

function notReady(api: ApiClient): Promise<Reply> {
  return eventually(
    async () => {
      const reply = await api.ready();
      return reply.status === 503 && reply;
    },
    { describe: 'ready says no' },
  );
}
