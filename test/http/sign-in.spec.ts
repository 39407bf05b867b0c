import { PasswordHasher } from '@app/auth';
import { eventually, FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { claimsIn } from '../support/claims.js';
import { expectProblem, withoutIdentity } from '../support/expectations.js';
import { Gate } from '../support/gate.js';
import { aPerson, goodPassword } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const clock = new FakeClock(noon);
let api: Api;
let hasher: PasswordHasher;

beforeAll(async () => {
  api = await startApi({ clock });
  hasher = api.app.get(PasswordHasher);
});

beforeEach(() => clock.set(noon));
afterEach(() => jest.restoreAllMocks());

const attempt = (body: object) => api.send('post', '/auth/signin').send(body);
const wrongPassword = 'eight other words make another phrase';

describe('signing in', () => {
  it('answers with user, session and tokens, and names the session in X-Session-ID', async () => {
    const registered = await api.register(aPerson({ username: 'Complete', full_name: 'Complete Reply' }));
    clock.advance(1500);
    const { email, password } = registered.person;
    const reply = await attempt({ email, password });

    const at = clock.now().toISOString();
    expect({ status: reply.status, body: reply.body }).toEqual({
      status: 200,
      body: {
        success: true,
        data: {
          user: {
            id: registered.userId,
            email,
            username: 'Complete',
            full_name: 'Complete Reply',
            role: 'user',
          },
          session: {
            id: expect.stringMatching(/^[0-9a-f]{64}$/),
            profile: 'standard',
            scope: 'full',
            created_at: at,
            authenticated_at: at,
            idle_expires_at: '2026-03-02T00:00:01.500Z',
            expires_at: '2026-03-08T12:00:01.500Z',
          },
          access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/),
          token_type: 'Bearer',
          expires_in: 600,
          refresh_token: expect.stringMatching(/^[\w-]{91}$/),
        },
      },
    });
    expect(reply.headers['x-session-id']).toBe(reply.body.data.session.id);
    expect(reply.headers['cache-control']).toBe('no-store');
    expect(claimsIn(reply.body.data.access_token)).toMatchObject({
      sub: registered.userId,
      sid: reply.body.data.session.id,
    });
  });

  it('knows its other name, /auth/login', async () => {
    const { person } = await api.register();
    await api
      .send('post', '/auth/login')
      .send({ email: person.email, password: person.password })
      .expect(200);
  });

  it.each([
    ['in capitals', (email: string) => email.toUpperCase()],
    ['with a capital domain', (email: string) => email.replace('example.com', 'Example.COM')],
    ['with blanks around it', (email: string) => `  ${email}\t`],
  ])('finds the account by e-mail %s', async (_how, respell) => {
    const { person, userId } = await api.register();
    const reply = await attempt({ email: respell(person.email), password: person.password }).expect(200);
    expect(reply.body.data.user).toMatchObject({ id: userId, email: person.email });
  });

  it.each([
    ['as registered', 'Zoë.Müller'],
    ['in another case', 'zoË.mÜLLER'],
    ['in decomposed form', 'Zoë.Müller'.normalize('NFD')],
  ])('finds the account by username %s', async (_how, username) => {
    await api.send('post', '/auth/register').send(aPerson({ username: 'Zoë.Müller' }));
    const reply = await attempt({ username, password: goodPassword }).expect(200);
    expect(reply.body.data.user.username).toBe('Zoë.Müller');
  });

  it('records when it happened', async () => {
    const { person, userId } = await api.register();
    clock.advance(60_000);
    await api.signIn(person);
    const [row] = await api.sql<{ last_login_at: Date }>(`select last_login_at from users where id = $1`, [
      userId,
    ]);
    expect(row?.last_login_at).toEqual(clock.now());
  });

  it('still accepts a password after four hundred days [v5.0.0-6.2.10]', async () => {
    const { person } = await api.register();
    clock.advance(400 * 86_400_000);
    expect((await api.signIn(person)).reply.body.data.user.email).toBe(person.email);
  });

  it.each([
    ['both names', { email: 'a@example.com', username: 'abc', password: goodPassword }],
    ['no name', { password: goodPassword }],
    ['no password', { email: 'a@example.com' }],
    ['an empty password', { email: 'a@example.com', password: '' }],
    ['a password of more than 1024 bytes', { email: 'a@example.com', password: 'ä'.repeat(513) }],
    ['an unknown member', { email: 'a@example.com', password: goodPassword, remember: true }],
    ['a secret question [v5.0.0-6.4.2]', { email: 'a@example.com', password: goodPassword, hint: 'my dog' }],
  ])('refuses %s', async (_what, body) => {
    const reply = await attempt(body);
    expectProblem(reply, { status: 400, code: 'VALIDATION_FAILED', errors: expect.any(Array) });
    expect(reply.text).not.toContain(goodPassword);
  });
});

describe('a refused sign-in', () => {
  async function refusals(): Promise<Record<'unknown' | 'wrong' | 'disabled' | 'unknownName', Response>> {
    const [ann, bob] = [
      await api.register(aPerson({ username: `u${clock.now().getTime()}` })),
      await api.register(),
    ];
    await api.sql(`update users set disabled_at = $2 where id = $1`, [bob.userId, noon]);
    return {
      unknown: await attempt({ email: 'nobody@example.com', password: goodPassword }),
      unknownName: await attempt({ username: 'nobody', password: goodPassword }),
      wrong: await attempt({ email: ann.person.email, password: wrongPassword }),
      disabled: await attempt({ email: bob.person.email, password: bob.person.password }),
    };
  }

  it('looks alike for an unknown, a wrong and a disabled account [v5.0.0-6.3.8]', async () => {
    const { unknown, unknownName, wrong, disabled } = await refusals();
    expectProblem(unknown, { status: 401, code: 'INVALID_CREDENTIALS' });
    for (const other of [unknownName, wrong, disabled]) {
      expect(withoutIdentity(other)).toEqual(withoutIdentity(unknown));
    }
  });

  it('creates nothing [v5.0.0-7.6.2]', async () => {
    const { person } = await api.register();
    const before = await api.fingerprint();
    await attempt({ email: person.email, password: wrongPassword }).expect(401);
    await attempt({ email: 'nobody@example.com', password: wrongPassword }).expect(401);
    expect(await api.fingerprint()).toEqual(before);
  });

  it('costs exactly one check of a hash whoever asks for whom [v5.0.0-6.3.8]', async () => {
    await attempt({ email: 'the-decoy-is-made@example.com', password: goodPassword }).expect(401);
    const [ann, bob] = [await api.register(), await api.register()];
    await api.sql(`update users set disabled_at = now() where id = $1`, [bob.userId]);
    const verify = jest.spyOn(hasher, 'verify');
    const hash = jest.spyOn(hasher, 'hash');
    const costs: Record<string, number> = {};
    for (const [who, email, password] of [
      ['unknown', 'nobody@example.com', goodPassword],
      ['wrong', ann.person.email, wrongPassword],
      ['disabled', bob.person.email, goodPassword],
      ['disabled and wrong', bob.person.email, wrongPassword],
      ['right', ann.person.email, goodPassword],
    ] as const) {
      const checksBefore = verify.mock.calls.length;
      await attempt({ email, password });
      costs[who] = verify.mock.calls.length - checksBefore;
    }
    expect(costs).toEqual({ unknown: 1, wrong: 1, disabled: 1, 'disabled and wrong': 1, right: 1 });
    expect(hash).not.toHaveBeenCalled();
  });

  it('hashes nothing for a password that no account can have, known or not', async () => {
    const { person } = await api.register();
    const verify = jest.spyOn(hasher, 'verify');
    const endless = 'x'.repeat(300);
    const [known, unknown] = [
      await attempt({ email: person.email, password: endless }),
      await attempt({ email: 'nobody@example.com', password: endless }),
    ];
    expectProblem(known, { status: 401, code: 'INVALID_CREDENTIALS' });
    expect(withoutIdentity(known)).toEqual(withoutIdentity(unknown));
    expect(verify).not.toHaveBeenCalled();
  });

  it.each([
    ['admin@rollcall.local', 'admin'],
    ['admin@rollcall.local', 'admin@rollcall.local'],
    ['admin@example.com', 'password'],
    ['root@example.com', 'changeme'],
  ])(
    'is all that %s with a well-known password gets on a fresh installation [v5.0.0-6.3.2, WSTG-ATHN-02]',
    async (email, password) => {
      expectProblem(await attempt({ email, password }), { status: 401, code: 'INVALID_CREDENTIALS' });
    },
  );
});

describe('a password', () => {
  it.each([
    ['in another case', (password: string) => password.toUpperCase()],
    ['with a blank behind it', (password: string) => `${password} `],
    ['with a blank before it', (password: string) => ` ${password}`],
    ['without its first character', (password: string) => password.slice(1)],
  ])('is refused %s [v5.0.0-6.2.8]', async (_how, respell) => {
    const { person } = await api.register();
    expectProblem(await attempt({ email: person.email, password: respell(person.password) }), {
      status: 401,
      code: 'INVALID_CREDENTIALS',
    });
  });

  it('of a hundred characters counts to its last one [v5.0.0-6.2.8]', async () => {
    const password = Array.from({ length: 100 }, (_, index) =>
      String.fromCharCode(97 + ((index * 7) % 26)),
    ).join('');
    const { person } = await api.register(aPerson({ password }));
    await attempt({ email: person.email, password: `${password.slice(0, 99)}!` }).expect(401);
    await attempt({ email: person.email, password: password.slice(0, 72) }).expect(401);
    await api.signIn(person);
  });

  it('is the same in composed and decomposed form [63B-4 §3.1.1.2 Unicode]', async () => {
    const password = 'über größere Äpfel'.normalize('NFD');
    const { person } = await api.register(aPerson({ password }));
    await attempt({ email: person.email, password: password.normalize('NFC') }).expect(200);
    await attempt({ email: person.email, password }).expect(200);
  });

  it('is hashed anew at the next sign-in when the parameters have become stronger [v5.0.0-11.2.2]', async () => {
    const stronger = await startApi({ env: { PASSWORD_HASH_ITERATIONS: '3' } });
    const { person, userId } = await stronger.register();
    const [weak] = await api.sql<{ password_hash: string }>(`select password_hash from users where id = $1`, [
      (await api.register()).userId,
    ]);
    await stronger.sql(`update users set password_hash = $2 where id = $1`, [userId, weak!.password_hash]);
    await Promise.all([stronger.signIn(person), stronger.signIn(person), stronger.signIn(person)]);
    const [row] = await stronger.sql<{ password_hash: string }>(
      `select password_hash from users where id = $1`,
      [userId],
    );
    expect(weak!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(row!.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=3,p=1\$/);
    await stronger.signIn(person);
  });
});

describe('a sign-in that was already checking the password', () => {
  const changes = [
    ['the password changes', `update users set password_hash = 'another', gen = gen + 1 where id = $1`],
    ['the account is disabled', `update users set disabled_at = now() where id = $1`],
    ['the account is deleted', `delete from users where id = $1`],
  ] as const;

  it.each(changes)('opens no session once %s', async (_what, change) => {
    const { person, userId } = await api.register();
    const { email, password } = person;
    const gate = new Gate();
    const verify = hasher.verify.bind(hasher);
    jest.spyOn(hasher, 'verify').mockImplementation(async (given, stored) => {
      const isRight = await verify(given, stored);
      await gate.wait();
      return isRight;
    });
    const pending = attempt({ email, password }).then((reply) => reply);
    await eventually(() => gate.arrived === 1, { describe: 'the password has been checked' });
    await api.sql(change, [userId]);
    const before = await api.fingerprint();
    gate.open();
    expectProblem(await pending, { status: 401, code: 'INVALID_CREDENTIALS' });
    expect(await api.fingerprint()).toEqual(before);
  });
});

describe('secrets', () => {
  /** @see https://github.com/better-auth/better-auth/issues/6940 */
  it('are in no reply but those of register and sign-in, and in no log line [v5.0.0-15.3.1, v5.0.0-16.2.5]', async () => {
    const first = await api.register();
    const devices = [first, await api.signIn(first.person), await api.signIn(first.person)];
    const [actor, victim, last] = devices as [SignedInDevice, SignedInDevice, SignedInDevice];
    const replies = [
      await actor.get('/auth/session'),
      await actor.get('/auth/me'),
      await actor.get('/auth/sessions'),
      await actor.get('/sessions'),
      await actor.get('/sessions/active'),
      await actor.get('/sessions/current'),
      await actor.delete(`/sessions/${victim.sessionId}`),
      await victim.get('/auth/session'),
      await actor.delete('/sessions'),
      await last.post('/auth/signout'),
      await actor.post('/auth/logout-all'),
      await actor.get('/auth/session'),
      await attempt({ email: first.person.email, password: wrongPassword }),
      await attempt({ email: first.person.email, password: goodPassword, extra: 1 }),
      await api.root('get', '/health'),
      await api.root('get', '/ready'),
      await api.root('get', '/.well-known/jwks.json'),
    ];
    const [stored] = await api.sql<{ password_hash: string }>(
      `select password_hash from users where id = $1`,
      [first.userId],
    );
    const nonces = await api.sql<{ nonce: string }>(
      `select encode(refresh_nonce, 'hex') as nonce from sessions where user_id = $1`,
      [first.userId],
    );
    const secrets = [
      ...devices.flatMap(({ token, refreshToken }) => [token, token.split('.')[2]!, refreshToken]),
      ...nonces.map(({ nonce }) => nonce),
      stored!.password_hash,
      goodPassword,
      wrongPassword,
    ];
    const said = replies.map((reply) => JSON.stringify(reply.headers) + reply.text).join('\n') + api.log.text;
    expect(nonces).toHaveLength(3);
    expect(secrets.filter((secret) => said.includes(secret))).toEqual([]);
  });
});
