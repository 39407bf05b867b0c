import { eventually, FakeClock } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { CookieJar, cookiesOf, parseSetCookie, setCookiesOf, signedInJar } from '../support/cookie-jar.js';
import { inWords } from '../support/expectations.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock, isHasty: true });
});

beforeEach(() => clock.set(noon));

const browser = (wish: object = {}) => signedInJar(api, wish);

describe('cookies that are of no use', () => {
  const dead = async (end: (token: string, jar: CookieJar) => Promise<unknown>) => {
    const made = await browser();
    await end(cookiesOf(made.reply)[0]!.value, made.jar);
    return made;
  };

  it.each([
    [
      'of a session that ended',
      (token: string) => api.as(token).post('/auth/signout'),
      'SESSION_ENDED signout',
    ],
    ['of a session that expired', async () => clock.advance(43_200 * second), 'SESSION_EXPIRED expired_idle'],
    ['that are garbage', (_: string, jar: CookieJar) => jar.plant('at=garbage; Path=/'), 'TOKEN_INVALID'],
    [
      'that are as long as a browser keeps them',
      (_: string, jar: CookieJar) => jar.plant(`at=${'x'.repeat(4_090)}; Path=/`),
      'TOKEN_INVALID',
    ],
    [
      'that are twice there, for another path too',
      (token: string, jar: CookieJar) => jar.plant(`at=${token}x; Path=/api`),
      'TOKEN_INVALID',
    ],
    [
      'that are twice there, for the whole address',
      (_: string, jar: CookieJar) => jar.plant('at=planted; Path=/api/v1/auth/session'),
      'TOKEN_INVALID',
    ],
    [
      'that are twice there, for the domain above too',
      (_: string, jar: CookieJar) => jar.plant('at=planted; Path=/; Domain=example.com'),
      'TOKEN_INVALID',
    ],
  ])(
    '%s are refused once, then not sent any more, and signing in works [WSTG-SESS-06]',
    async (_what, end, answer) => {
      const { jar, person } = await dead(end);
      const refused = await jar.get('/auth/session');
      expect([inWords(refused), refused.headers['cache-control']]).toEqual([`401 ${answer}`, 'no-store']);
      expect(jar.sent().filter((pair) => pair.startsWith('at='))).toEqual([]);
      expect(inWords(await jar.get('/auth/session'))).toBe('401 UNAUTHENTICATED');
      expect(inWords(await jar.signIn(person))).toBe('200');
      expect(inWords(await jar.get('/auth/session'))).toBe('200');
    },
  );

  it('and are refresh tokens twice go as well', async () => {
    const { jar, person } = await browser();
    await jar.plant('rt=planted; Path=/api/v1/auth');
    expect(inWords(await jar.post('/auth/refresh'))).toBe('401 TOKEN_INVALID');
    expect(jar.sent('/auth/refresh')).toEqual([]);
    expect(inWords(await jar.signIn(person))).toBe('200');
    expect(inWords(await jar.post('/auth/refresh'))).toBe('200');
  });

  it.each([
    ['nothing behind the name', 'at='],
    ['no name', '=value; at'],
    ['separators only', ';;; ; =; ,'],
    ['an encoded value', 'at=%00%ff%zz; rt=%E0%A4%A'],
    ['a quoted value', 'at="a.b.c"; rt="x"'],
    ['bytes that are no text', 'at=\u00ff\u00fe'],
    ['a name from the prototype', '__proto__=1; constructor=2; at=x.y.z'],
    ['very many', Array.from({ length: 500 }, (_, index) => `at=${index}`).join('; ')],
  ])('%s are refused without harm', async (_what, cookie) => {
    for (const [method, path] of [
      ['get', '/auth/session'],
      ['post', '/auth/refresh'],
      ['delete', '/sessions'],
    ] as const) {
      const reply = await api.send(method, path).set('cookie', cookie);
      expect(reply.status).toBe(401);
      setCookiesOf(reply).map(parseSetCookie);
    }
    expect((await api.send('post', '/auth/signout').set('cookie', cookie)).status).toBeLessThan(402);
  });

  it('are answered 431, not 500, when they are longer than any header may be', async () => {
    const reply = await api.send('get', '/auth/session').set('cookie', `at=${'x'.repeat(20_000)}`);
    expect(reply.status).toBe(431);
  });

  it('under __Host- are cleared for the one path that the prefix allows', async () => {
    const site = await startApi({ env: { PUBLIC_URL: 'https://auth.example.com' } });
    const reply = await site.send('get', '/auth/session').set('cookie', '__Host-at=a; __Host-at=b');
    expect(setCookiesOf(reply)).toEqual(['__Host-at=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax']);
  });
});

describe('signing out by cookies', () => {
  const signOut = (jar: CookieJar) => jar.post('/auth/signout');

  it('ends the session, clears the cookies and has the browser forget what pages kept [v5.0.0-14.3.1, 63B-4 §5.1 erase]', async () => {
    const { jar, reply } = await browser();
    const out = await signOut(jar);
    expect([inWords(out), out.headers['cache-control'], jar.sent()]).toEqual(['200', 'no-store', []]);
    expect(out.headers['clear-site-data']).toBe('"cache", "storage"');
    expect(cookiesOf(out).map(({ name, value, attributes }) => [name, value, attributes['max-age']])).toEqual(
      [
        ['at', '', '0'],
        ['rt', '', '0'],
        ['csrf', '', '0'],
      ],
    );
    const [at, rt] = cookiesOf(reply);
    expect(inWords(await api.as(at!.value).get('/auth/session'))).toBe('401 SESSION_ENDED signout');
    expect(inWords(await api.refresh(rt!.value))).toBe('401 SESSION_ENDED signout');
  });

  it.each([
    ['the session is over', (token: string) => api.as(token).post('/auth/logout-all'), 'signout_all'],
    ['the access token has expired', async () => clock.advance(3_600 * second), 'signout'],
    ['the session has expired', async () => clock.advance(43_200 * second), 'expired_idle'],
    ['the row has been purged', async () => api.sql('delete from sessions'), 'signout'],
  ])('succeeds and clears when %s', async (_what, before, reason) => {
    const { jar, reply } = await browser();
    await before(cookiesOf(reply)[0]!.value);
    const out = await signOut(jar);
    expect([inWords(out), out.body.data.end_reason, jar.sent()]).toEqual(['200', reason, []]);
  });

  it('succeeds and clears when the cookies tell nothing', async () => {
    const jar = new CookieJar(api);
    for (const name of ['at', 'rt', 'csrf']) await jar.plant(`${name}=garbage; Path=/`);
    const before = await api.fingerprint();
    const out = await signOut(jar);
    expect([inWords(out), out.body.data.end_reason, jar.sent()]).toEqual(['200', null, []]);
    expect(await api.fingerprint()).toEqual(before);
  });

  it.each(['', 'garbage'])(
    'ends the session of the refresh token when the access token is "%s"',
    async (at) => {
      const { jar, reply } = await browser();
      await jar.plant(at ? `at=${at}; Path=/` : 'at=; Path=/; Max-Age=0');
      const out = await signOut(jar);
      expect([inWords(out), out.body.data.end_reason, jar.sent()]).toEqual(['200', 'signout', []]);
      const [access, refresh] = cookiesOf(reply);
      expect(inWords(await api.as(access!.value).get('/auth/session'))).toBe('401 SESSION_ENDED signout');
      expect(inWords(await api.refresh(refresh!.value))).toBe('401 SESSION_ENDED signout');
    },
  );

  it('needs a session’s own CSRF token, also when only the refresh token tells which', async () => {
    const { jar } = await browser();
    await jar.plant('at=; Path=/; Max-Age=0');
    expect(inWords(await jar.post('/auth/signout', undefined, { csrf: null }))).toBe('403 CSRF_REJECTED');
    expect(inWords(await jar.post('/auth/refresh'))).toBe('200');
  });

  it('everywhere clears the cookies too', async () => {
    const { jar } = await browser();
    const out = await jar.post('/auth/logout-all');
    expect([inWords(out), jar.sent()]).toEqual(['200', []]);
    expect(out.headers['clear-site-data']).toBe('"cache", "storage"');
  });
});

describe('cookies while Postgres is away', () => {
  afterEach(() => api.toDatabase.set({ kind: 'pass' }));

  /** @see https://github.com/photoview/photoview/issues/1505 */
  it('are neither refused nor touched, and work again afterwards [P2]', async () => {
    const { jar } = await browser();
    const before = jar.sent();
    await api.toDatabase.set({ kind: 'hold' });
    for (const reply of [
      await jar.get('/auth/session'),
      await jar.post('/auth/refresh'),
      await jar.post('/auth/signout'),
      await jar.post('/auth/logout-all'),
    ]) {
      expect([inWords(reply), reply.headers['retry-after']]).toEqual([
        '503 STORE_UNAVAILABLE',
        expect.any(String),
      ]);
      expect(setCookiesOf(reply)).toEqual([]);
    }
    expect(jar.sent()).toEqual(before);
    await api.toDatabase.set({ kind: 'pass' });
    await eventually(async () => (await jar.get('/auth/session')).status === 200, { describe: 'it is back' });
    expect(jar.sent()).toEqual(before);
    expect(inWords(await jar.post('/auth/refresh'))).toBe('200');
    expect(inWords(await jar.post('/auth/signout'))).toBe('200');
  });
});
