import { PasswordHasher } from '@app/auth';
import { eventually } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { Gate } from '../support/gate.js';
import { aPerson, goodPassword } from '../support/people.js';

let api: Api;

beforeAll(async () => {
  api = await startApi();
});

afterEach(() => jest.restoreAllMocks());

const attempt = (body: object) => api.send('post', '/auth/register').send(body);

async function expectRefused(body: object, errors: unknown): Promise<void> {
  const before = await api.fingerprint();
  const reply = await attempt(body);
  expectProblem(reply, { status: 400, code: 'VALIDATION_FAILED', errors });
  expect(await api.fingerprint()).toEqual(before);
}

describe('registering', () => {
  it('creates the user and signs in', async () => {
    const person = aPerson({ username: 'first.one', full_name: 'First One' });
    const device = await api.register(person);
    expect(device.reply.body.data).toMatchObject({
      user: { email: person.email, username: 'first.one', full_name: 'First One', role: 'user' },
      token_type: 'Bearer',
      expires_in: 600,
    });
    expect(device.reply.headers['x-session-id']).toBe(device.sessionId);
    const { body } = await device.get('/auth/session').expect(200);
    expect(body.data.user.id).toBe(device.userId);
    expect(
      await api.sql(`select type from event_log where user_id = $1 order by id`, [device.userId]),
    ).toEqual([{ type: 'user.created' }, { type: 'session.created' }]);
  });

  it('needs neither a username nor a name', async () => {
    const device = await api.register();
    expect(device.reply.body.data.user).toMatchObject({ username: null, full_name: null });
  });

  it('keeps text as it was typed [v5.0.0-1.1.2, v5.0.0-1.3.7]', async () => {
    const full_name = `O'Brien <b>{{7*7}}</b> \${7*7} "%s%n" Ünïcödé 🎉`;
    const device = await api.register(aPerson({ full_name }));
    expect((await device.get('/auth/me')).body.data.user.full_name).toBe(full_name);
  });

  it.each([
    ['role', 'admin'],
    ['id', '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10'],
    ['user_id', '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10'],
    ['isAdmin', true],
    ['is_admin', true],
    ['gen', 7],
    ['created_at', '2020-01-01T00:00:00Z'],
    ['createdAt', '2020-01-01T00:00:00Z'],
    ['disabled_at', null],
    ['email_verified', true],
    ['emailVerified', true],
    ['password_hash', '$argon2id$…'],
    ['session', { id: 'a'.repeat(64) }],
  ])('refuses a body with %s [v5.0.0-15.3.3, v5.0.0-8.2.3]', async (member, value) => {
    await expectRefused({ ...aPerson(), [member]: value }, [
      { field: 'body', message: expect.stringContaining(member) },
    ]);
  });
});

describe('a conflict', () => {
  it.each([
    ['as it is', (email: string) => email],
    ['in capitals', (email: string) => email.toUpperCase()],
    ['with blanks around it', (email: string) => ` ${email} `],
  ])('over a taken e-mail address, %s, is EMAIL_TAKEN', async (_how, respell) => {
    const { person } = await api.register();
    const before = await api.fingerprint();
    const reply = await attempt({ email: respell(person.email), password: goodPassword });
    expectProblem(reply, { status: 409, code: 'EMAIL_TAKEN' });
    expect(await api.fingerprint()).toEqual(before);
  });

  it.each([
    ['as it is', 'Straße.1'],
    ['in another case', 'STRAßE.1'],
    ['in decomposed form', 'Straße.1'.normalize('NFD')],
  ])('over a taken username, %s, names the field', async (_how, username) => {
    await attempt(aPerson({ username: 'Straße.1' }));
    const before = await api.fingerprint();
    const reply = await attempt(aPerson({ username }));
    expectProblem(reply, { status: 409, code: 'CONFLICT', field: 'username' });
    expect(await api.fingerprint()).toEqual(before);
  });

  it('of twenty racing registrations of one address has one winner [v5.0.0-2.3.4, v5.0.0-15.4.2]', async () => {
    const racers = 20;
    const crowded = await startApi({ env: { DATABASE_POOL_SIZE: '40' } });
    const enter = (body: object) => crowded.send('post', '/auth/register').send(body);
    // Opens a connection for each racer, so that they meet in the database and not in front of it.
    const nobody = { email: 'nobody@example.com', password: goodPassword };
    await Promise.all(
      Array.from({ length: racers }, () => crowded.send('post', '/auth/signin').send(nobody)),
    );
    const hasher = crowded.app.get(PasswordHasher);
    const gate = new Gate();
    const hash = hasher.hash.bind(hasher);
    jest.spyOn(hasher, 'hash').mockImplementation(async (password) => {
      const made = await hash(password);
      await gate.wait();
      return made;
    });
    const { email, password } = aPerson();
    const spellings = Array.from({ length: racers }, (_, index) => (index % 2 ? email : email.toUpperCase()));
    const replies = Promise.all(spellings.map((spelling) => enter({ email: spelling, password })));
    await eventually(() => gate.arrived === racers, { describe: 'all are about to insert' });
    gate.open();

    const outcomes = (await replies).map(({ status, body }) => `${status} ${body.code ?? ''}`.trim());
    expect(outcomes.toSorted()).toEqual(['201', ...Array(racers - 1).fill('409 EMAIL_TAKEN')]);
    const rows = await crowded.sql<{ id: string; sessions: number }>(
      `select u.id, count(s.id)::int as sessions from users u left join sessions s on s.user_id = u.id
       where u.email_normalized = $1 group by u.id`,
      [email],
    );
    expect(rows).toEqual([{ id: expect.any(String), sessions: 1 }]);
  });
});

describe('a new password', () => {
  const fifteen = 'mzkqpwhtbfrnvle';

  it('needs fifteen code points [v5.0.0-6.2.1, 63B-4 §3.1.1.2 length]', async () => {
    const tooShort = [{ field: 'password', message: 'must have at least 15 characters' }];
    await expectRefused(aPerson({ password: fifteen.slice(1) }), tooShort);
    await expectRefused(aPerson({ password: '🎈🦊🌵🚲🍋🧊🪁🐙🎻🗿🛶🦉🍉🔭' }), tooShort);
    await api.register(aPerson({ password: fifteen }));
    await api.register(aPerson({ password: '🎈🦊🌵🚲🍋🧊🪁🐙🎻🗿🛶🦉🍉🔭🪐' }));
  });

  it.each([
    ['fifteen lower-case letters', fifteen],
    ['digits, not in order', '905173826401958'],
    ['blanks inside', 'a b c d e f h j k'],
    ['Cyrillic', 'съешьещёэтихмягких'],
    ['64 characters', fifteen.repeat(5).slice(0, 63) + '7'],
    ['128 characters', fifteen.repeat(9).slice(0, 127) + '7'],
    ['256 characters', fifteen.repeat(18).slice(0, 255) + '7'],
    ['a phrase that contains a common password', 'my password is 7 oak trees'],
    ['a phrase that contains the name of the service', 'rollcall at nine for everybody'],
  ])('may be %s [v5.0.0-6.2.5, v5.0.0-6.2.9]', async (_what, password) => {
    const { person, userId } = await api.register(aPerson({ password }));
    expect((await api.signIn(person)).userId).toBe(userId);
  });

  it.each([
    ['more than 256 characters [v5.0.0-6.2.9]', fifteen.repeat(18), 'must have at most 256 characters'],
    ['a common one [v5.0.0-6.2.4]', 'passwordpassword', /attackers try first/],
    ['a common one in capitals [v5.0.0-6.2.4]', 'QWERTY123456789', /attackers try first/],
    ['a keyboard walk from the list [v5.0.0-6.2.4]', '1qaz2wsx3edc4rfv', /attackers try first/],
    ['one character over and over', 'aaaaaaaaaaaaaaaaaaaa', /repeats a short pattern/],
    ['a common word over and over', 'dragondragondragon', /repeats a short pattern/],
    ['a run of neighbours', 'abcdefghijklmnopqrst', /neighbouring characters/],
    ['the name of the service and a year [v5.0.0-6.2.11]', 'Rollcall-Rollcall-2026', /name of the account/],
    ['null characters', `${goodPassword}\0`, 'must be well-formed text without null characters'],
    ['half a character', `${goodPassword}\ud800`, 'must be well-formed text without null characters'],
  ])('must not be %s, and the reason is told [63B-4 §3.1.1.2 blocklist]', async (_what, password, reason) => {
    const message = typeof reason === 'string' ? reason : expect.stringMatching(reason);
    await expectRefused(aPerson({ password }), [{ field: 'password', message }]);
  });

  it.each([
    ['the e-mail address', 'marguerite.larue@example.com', 'marguerite.larue@example.com'],
    ['its local part and a number', 'marguerite.larue@example.com', 'Marguerite.Larue1'],
    ['the username and punctuation', 'x1@example.com', 'captain.haddock!!!'],
  ])('must not be %s [v5.0.0-6.2.11, WSTG-ATHN-07]', async (_what, email, password) => {
    await expectRefused({ email, password, username: 'captain.haddock' }, [
      { field: 'password', message: expect.stringMatching(/name of the account/) },
    ]);
  });

  it('is never repeated in the refusal [RFC 9457 §5]', async () => {
    for (const password of ['passwordpassword', 'short-but-secret']) {
      const reply = await attempt({ ...aPerson(), password, extra: 1 });
      expect(reply.text).not.toContain(password);
    }
  });
});
