import { eventually, type PostgresProcess } from '@app/testing';
import { MailServer } from '../support/mail-server.js';
import { aPerson } from '../support/people.js';
import { Instance } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres } from './support/stores.js';

const mail = { MAIL_FROM: 'no-reply@example.com' };
const nextPassword = 'some other words that make a phrase';

let postgres: PostgresProcess;
let server: MailServer;

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
  server = await MailServer.start();
  own(() => server.close());
}, 60_000);

async function changePassword(instance: Instance): Promise<string> {
  const device = await instance.api.register(aPerson());
  const { email, password } = device.person;
  const body = { current_password: password, new_password: nextPassword };
  const { status } = await instance.api.ask('PUT', '/auth/profile/password', { token: device.token, body });
  expect(status).toBe(200);
  return email;
}

const start = (env: Record<string, string> = {}): Promise<Instance> =>
  Instance.onServers(postgres.url, { SMTP_URL: server.url, ...mail, ...env });

/** The two minutes for which a mail belongs to whoever took it. */
const letLeasesEnd = (): Promise<unknown> =>
  sql(postgres.url, 'update mail_outbox set next_try_at = now() where closed_at is null');

describe('kill -9 of an instance', () => {
  it('between a change and its mail loses no mail', async () => {
    const first = await start();
    await eventually(
      async () => (await sql(postgres.url, `select from log_readers where name = 'mail'`)).length === 1,
      {
        timeoutMs: 10_000,
        describe: 'the log is being read',
      },
    );
    const email = await changePassword(first);
    await first.process.kill9();
    const second = await start();
    await letLeasesEnd();
    await eventually(() => server.to(email).length > 0, { timeoutMs: 15_000, describe: 'the mail has come' });
    await second.process.stop();
    expect(server.to(email)).toHaveLength(1);
  }, 60_000);

  it('while the server has the mail and has not answered sends it once more, under the same id', async () => {
    const first = await start();
    server.verdict = 'never';
    const email = await changePassword(first);
    await eventually(() => server.unanswered === 1, { timeoutMs: 15_000, describe: 'the server has it' });
    await first.process.kill9();
    server.verdict = 'take';
    const second = await start();
    const [row] = await sql<{ left: number }>(
      postgres.url,
      'select extract(epoch from next_try_at - now())::float as left from mail_outbox where closed_at is null',
    );
    expect(row!.left).toBeGreaterThan(60);
    await letLeasesEnd();
    await eventually(() => server.to(email).length > 0, { timeoutMs: 15_000, describe: 'the mail has come' });
    const again = await changePassword(second);
    await eventually(() => server.to(again).length > 0, {
      timeoutMs: 15_000,
      describe: 'the next one has come',
    });
    expect(server.to(email)).toHaveLength(1);
    await second.process.stop();
  }, 60_000);

  it('among several that deliver, each mail comes once', async () => {
    const instances = await Promise.all([
      start({ INSTANCE_ID: 'a' }),
      start({ INSTANCE_ID: 'b' }),
      start({ INSTANCE_ID: 'c' }),
    ]);
    const addresses: string[] = [];
    for (let count = 0; count < 12; count += 1) addresses.push(await changePassword(instances[count % 3]!));
    await eventually(() => addresses.every((address) => server.to(address).length > 0), {
      timeoutMs: 20_000,
      describe: 'all mails have come',
    });
    await Promise.all(instances.map(({ process }) => process.stop()));
    expect(addresses.map((address) => server.to(address).length)).toEqual(Array(12).fill(1));
  }, 60_000);
});
