import { eventually, FakeClock } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { MailServer, type ReceivedMail } from '../support/mail-server.js';
import { aPerson, type Person } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
const nextPassword = 'some other words that make a phrase';
let server: MailServer;
let api: Api;

beforeAll(async () => {
  server = await MailServer.start();
  api = await startApi({
    clock,
    env: {
      SMTP_URL: server.url,
      MAIL_FROM: 'Rollcall <no-reply@example.com>',
      PUBLIC_URL: 'https://id.example.com',
      SESSION_LIMIT: '3',
    },
  });
});

afterAll(() => server.close());

beforeEach(() => {
  server.verdict = 'take';
});

const subjectOf = ({ raw }: ReceivedMail): string => /^Subject: (.*)$/m.exec(raw)?.[1] ?? '';
const subjectsTo = (address: string): string[] => server.to(address).map(subjectOf);

async function mailsTo(address: string, count = 1): Promise<ReceivedMail[]> {
  await eventually(() => server.to(address).length >= count, {
    timeoutMs: 10_000,
    describe: () => `${count} mails to ${address}, not ${server.to(address).length}`,
  });
  return server.to(address);
}

/** Two more looks at the log, so that a second copy would have come. */
async function settled(): Promise<void> {
  const probe = await api.register();
  await changePassword(probe);
  await mailsTo(probe.person.email);
  const other = await api.register();
  await changePassword(other);
  await mailsTo(other.person.email);
}

const changePassword = (device: SignedInDevice) =>
  device
    .put('/auth/profile/password', { current_password: device.person.password, new_password: nextPassword })
    .expect(200);

const signIn = (person: Person, headers: Record<string, string> = {}) =>
  api
    .send('post', '/auth/signin')
    .set(headers)
    .send({ email: person.email, password: person.password, transport: 'bearer' });

const waiting = async (): Promise<{ attempts: number; last_error: string | null }[]> =>
  api.sql('select attempts, last_error from mail_outbox where closed_at is null');

describe('mail about an account', () => {
  it('comes once, in plain text, from us to the owner alone [v5.0.0-6.3.7]', async () => {
    const device = await api.register();
    const { email } = device.person;
    await changePassword(device);
    const [mail] = await mailsTo(email);
    await settled();
    expect(subjectsTo(email)).toEqual(['Your password was changed']);
    expect(mail!.from).toBe('no-reply@example.com');
    expect(mail!.to).toEqual([email]);
    for (const line of [
      /^From: Rollcall <no-reply@example\.com>$/m,
      new RegExp(`^To: ${email}$`, 'm'),
      /^Message-ID: <alert\.\d+\.\d+@id\.example\.com>$/m,
      /^Auto-Submitted: auto-generated$/m,
      /^Content-Type: text\/plain; charset=utf-8$/m,
      /^When: {4}2026-03-01 12:\d\d UTC/m,
    ]) {
      expect(mail!.raw).toMatch(line);
    }
    expect(mail!.raw).not.toContain(device.token.slice(0, 40));
    expect(mail!.raw).not.toContain(device.sessionId);
  });

  it('tells of every kind of unusual sign-in, and of none that is usual [v5.0.0-6.3.5]', async () => {
    const { person } = await api.register();
    await signIn(person).expect(200);
    const safari =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1';
    await signIn(person, { 'user-agent': safari }).expect(200);
    await mailsTo(person.email);
    for (let count = 0; count < 5; count += 1) await signIn({ ...person, password: 'wrong'.repeat(4) });
    await eventually(
      async () =>
        (
          await api.sql(
            `select from event_log e join users u on u.id = e.user_id
          where u.email = $1 and type = 'signin.failed'`,
            [person.email],
          )
        ).length === 5,
      { describe: 'the failures are noted' },
    );
    clock.advance(second);
    const device = await signIn(person).expect(200);
    await mailsTo(person.email, 3);
    const session = api.as(device.body.data.access_token);
    await session.get('/auth/session').set('user-agent', 'curl/8.5').expect(200);
    await mailsTo(person.email, 4);
    await settled();
    expect(subjectsTo(person.email).toSorted()).toEqual([
      'New device signed in to your account',
      'One of your sessions moved to another browser',
      'Sign-in after failed attempts',
      'You were signed out on one of your devices',
    ]);
  }, 40_000);

  it('tells of the theft of a refresh token', async () => {
    const device = await api.register();
    await api.refresh(device.refreshToken).expect(200);
    clock.advance(60 * second);
    await api.refresh(device.refreshToken).expect(401);
    await mailsTo(device.person.email);
    expect(subjectsTo(device.person.email)).toEqual(['We ended one of your sessions']);
  }, 20_000);

  it('tells a new address to the old one and the new one', async () => {
    const device = await api.register();
    const email = `moved.${device.person.email}`;
    await device.put('/auth/profile', { email }).expect(200);
    const mails = [...(await mailsTo(email)), ...(await mailsTo(device.person.email))];
    expect(mails.map(subjectOf)).toEqual(Array(2).fill('The e-mail address of your account was changed'));
    expect(mails[1]!.raw.replace(/^To:.*$/gm, '')).not.toContain(email);
  }, 20_000);

  it('repeats nothing that somebody has typed [v5.0.0-1.3.7, v5.0.0-1.3.11]', async () => {
    const person = aPerson({ full_name: 'Visit evil.example {{7*7}} ${7*7}', username: 'evil.example' });
    const device = await api.register(person);
    await changePassword(device);
    const [mail] = await mailsTo(person.email);
    expect(mail!.raw).not.toMatch(/evil|\{\{|\$\{/);
  }, 20_000);

  it('waits while the server is down, and comes once when it is back', async () => {
    await server.close();
    const device = await api.register();
    await changePassword(device);
    await eventually(async () => (await waiting())[0]?.last_error, {
      timeoutMs: 10_000,
      describe: 'a try has failed',
    });
    expect(await waiting()).toEqual([{ attempts: 1, last_error: expect.stringMatching(/^E[A-Z]+$/) }]);
    await server.open();
    clock.advance(11 * second);
    await mailsTo(device.person.email);
    await settled();
    // What the last mail was sent for is closed a moment after the server has it.
    await eventually(async () => (await waiting()).length === 0, { describe: 'nothing waits any more' });
    expect(server.to(device.person.email)).toHaveLength(1);
  }, 40_000);

  it('is tried again after a refusal that may pass, and not after one that is final', async () => {
    server.verdict = { code: 451, at: 'data' };
    const [busy, unknown] = [await api.register(), await api.register()];
    await changePassword(busy);
    await eventually(async () => (await waiting())[0]?.last_error, {
      timeoutMs: 10_000,
      describe: 'a try has failed',
    });
    server.verdict = { code: 550, at: 'rcpt' };
    await changePassword(unknown);
    await eventually(() => api.log.find('mail.refused').length === 1, {
      timeoutMs: 10_000,
      describe: 'it is refused',
    });
    server.verdict = 'take';
    clock.advance(11 * second);
    await mailsTo(busy.person.email);
    await settled();
    expect(server.to(unknown.person.email)).toEqual([]);
  }, 40_000);

  it('goes nowhere unencrypted when TLS is asked for [v5.0.0-12.3.1]', async () => {
    const strict = await startApi({
      env: { SMTP_URL: server.url, MAIL_FROM: 'no-reply@example.com', SMTP_REQUIRE_TLS: 'true' },
    });
    const device = await strict.register();
    await device
      .put('/auth/profile/password', { current_password: device.person.password, new_password: nextPassword })
      .expect(200);
    await eventually(() => strict.log.find('mail.postponed').length > 0, {
      timeoutMs: 10_000,
      describe: 'a try has failed',
    });
    expect(server.to(device.person.email)).toEqual([]);
  }, 30_000);

  it('leaves no address in the log', async () => {
    expect(api.log.find('mail.sent').length).toBeGreaterThan(5);
    for (const line of api.log.lines.filter(({ event }) => event?.startsWith('mail.')))
      expect(JSON.stringify(line)).not.toContain('@');
  });
});
