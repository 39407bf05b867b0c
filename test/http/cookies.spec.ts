import { FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, startApi } from '../support/api.js';
import { claimsIn } from '../support/claims.js';
import { CookieJar, cookiesOf, setCookiesOf, signedInJar } from '../support/cookie-jar.js';
import { inWords } from '../support/expectations.js';
import { aPerson } from '../support/people.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const clock = new FakeClock(noon);
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock });
});

beforeEach(() => clock.set(noon));

const namesOf = (reply: Response) => cookiesOf(reply).map(({ name }) => name);
const browser = (wish: object = {}) => signedInJar(api, wish);

describe('the cookies of a sign-in', () => {
  const base = { path: '/', samesite: 'Lax' };

  it.each([
    ['http://auth.example.com', {}, '', base],
    ['https://auth.example.com', {}, '__Host-', { ...base, secure: true }],
    [
      'https://auth.example.com',
      { COOKIE_SAME_SITE: 'strict' },
      '__Host-',
      { ...base, secure: true, samesite: 'Strict' },
    ],
  ])(
    'at %s with %j are host-only, for all paths, and hidden from scripts but for the CSRF token [v5.0.0-3.3.1 to 3.3.4, WSTG-SESS-02, 6265bis §4.1.3]',
    async (publicUrl, env, prefix, common) => {
      const site = await startApi({ env: { PUBLIC_URL: publicUrl, ...env } });
      const { person } = await site.register();
      const reply = await new CookieJar(site, publicUrl).signIn(person);
      expect(cookiesOf(reply)).toEqual([
        {
          name: `${prefix}at`,
          value: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
          attributes: { ...common, httponly: true },
        },
        {
          name: `${prefix}rt`,
          value: expect.stringMatching(/^[\w-]{91}$/),
          attributes: { ...common, httponly: true },
        },
        { name: `${prefix}csrf`, value: expect.stringMatching(/^[\w-]{43}$/), attributes: common },
      ]);
      expect(reply.headers['cache-control']).toBe('no-store');
    },
  );

  it('outlive the browser only with the profile remember, and never the session [63B-4 §5.1 persistence, v5.0.0-7.3.2]', async () => {
    const ages = async (wish: object) =>
      cookiesOf((await browser(wish)).reply).map(({ attributes }) => attributes['max-age']);
    expect(await ages({})).toEqual([undefined, undefined, undefined]);
    expect(await ages({ profile: 'strict' })).toEqual([undefined, undefined, undefined]);
    const month = String(30 * 86_400);
    expect(await ages({ profile: 'remember' })).toEqual([month, month, month]);
    const { jar } = await browser({ profile: 'remember' });
    clock.advance(86_400 * second);
    const renewed = await jar.post('/auth/refresh');
    const left = String(29 * 86_400);
    expect(cookiesOf(renewed).map(({ attributes }) => attributes['max-age'])).toEqual([left, left, left]);
  });

  it('stay within 4096 bytes and tell nothing about the person [v5.0.0-3.3.5, 63B-4 §5.1.1 content]', async () => {
    const long = aPerson({ username: 'u'.repeat(32), full_name: 'N'.repeat(120) });
    await api.register(long);
    const reply = await new CookieJar(api).signIn(long);
    for (const { name, value } of cookiesOf(reply)) expect(`${name}=${value}`.length).toBeLessThan(1_024);
    const claims = claimsIn(cookiesOf(reply)[0]!.value);
    expect(Object.keys(claims).toSorted()).toEqual([
      'amr',
      'aud',
      'auth_time',
      'exp',
      'iat',
      'iss',
      'jti',
      'sid',
      'sub',
    ]);
    expect(api.log.text).not.toContain(cookiesOf(reply)[1]!.value);
  });

  it('are the only place of the tokens with transport cookie, and absent with transport bearer [v5.0.0-3.3.4, v5.0.0-10.1.1]', async () => {
    const { person } = await api.register();
    const { email, password } = person;
    const ask = (transport?: string) => api.send('post', '/auth/signin').send({ email, password, transport });
    const [cookie, bearer, both] = [await ask('cookie'), await ask('bearer'), await ask()];
    const [at, rt] = cookiesOf(cookie);
    expect(Object.keys(cookie.body.data)).toEqual(['user', 'session', 'expires_in']);
    const elsewhere = JSON.stringify([cookie.body, { ...cookie.headers, 'set-cookie': [] }]);
    for (const { value } of [at!, rt!]) expect(elsewhere).not.toContain(value);
    expect(setCookiesOf(bearer)).toEqual([]);
    expect(bearer.body.data).toMatchObject({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
    });
    expect(
      cookiesOf(both)
        .slice(0, 2)
        .map(({ value }) => value),
    ).toEqual([both.body.data.access_token, both.body.data.refresh_token]);
  });

  it('come with a registration as well', async () => {
    const jar = new CookieJar(api);
    const reply = await jar.post('/auth/register', { ...aPerson(), transport: 'cookie' });
    expect([reply.status, namesOf(reply)]).toEqual([201, ['at', 'rt', 'csrf']]);
    expect(inWords(await jar.get('/auth/session'))).toBe('200');
  });

  it('replace those of the session before, which stays as it is', async () => {
    const { jar, reply } = await browser();
    const { person } = await api.register();
    await jar.signIn(person);
    expect((await jar.get('/auth/session')).body.data.user.email).toBe(person.email);
    expect(inWords(await api.as(cookiesOf(reply)[0]!.value).get('/auth/session'))).toBe('200');
  });

  it('are read under exactly their names [6265bis §4.1.3]', async () => {
    const site = await startApi({ env: { PUBLIC_URL: 'https://auth.example.com' } });
    const device = await site.register();
    const asked = (name: string) =>
      site.send('get', '/auth/session').set('cookie', `${name}=${device.token}`);
    expect(inWords(await asked('__Host-at'))).toBe('200');
    for (const name of [
      'at',
      '__host-at',
      '__HOST-at',
      '__Host-AT',
      '__Secure-at',
      ' __Host-at2',
      'x__Host-at',
    ])
      expect(inWords(await asked(name))).toBe('401 UNAUTHENTICATED');
  });
});

describe('a request with both a header and cookies', () => {
  it('is judged by the header alone, good or bad, and the cookies stay [RFC 6750 §2]', async () => {
    const { jar, person } = await browser();
    const other = await api.register();
    const withHeader = (authorization: string) => jar.get('/auth/session', { headers: { authorization } });
    const good = await withHeader(`Bearer ${other.token}`);
    expect(good.body.data.user.email).toBe(other.person.email);
    for (const bad of ['Bearer garbage', 'Bearer', 'Basic YTpi', `Bearer ${other.token}x`]) {
      const reply = await withHeader(bad);
      expect([inWords(reply), setCookiesOf(reply)]).toEqual(['401 TOKEN_INVALID', []]);
    }
    await other.post('/auth/signout').expect(200);
    const dead = await withHeader(`Bearer ${other.token}`);
    expect([inWords(dead), setCookiesOf(dead)]).toEqual(['401 SESSION_ENDED signout', []]);
    expect((await jar.get('/auth/session')).body.data.user.email).toBe(person.email);
  });

  it('needs no CSRF token, because no page can make a browser send the header', async () => {
    const { jar } = await browser();
    const other = await api.register();
    const headers = { authorization: `Bearer ${other.token}`, 'sec-fetch-site': 'cross-site' };
    const reply = await jar.post('/auth/signout', undefined, { headers, csrf: null });
    expect([inWords(reply), setCookiesOf(reply)]).toEqual(['200', []]);
    expect(inWords(await jar.get('/auth/session'))).toBe('200');
  });
});

describe('a refresh by cookie', () => {
  it('renews all three cookies, needs no body, and shows no token', async () => {
    const { jar, reply } = await browser();
    clock.advance(second);
    const renewed = await jar.post('/auth/refresh');
    expect([inWords(renewed), namesOf(renewed)]).toEqual(['200', ['at', 'rt', 'csrf']]);
    expect(Object.keys(renewed.body.data)).toEqual(['user', 'session', 'expires_in']);
    const [before, after] = [cookiesOf(reply), cookiesOf(renewed)];
    expect(after[0]!.value).not.toBe(before[0]!.value);
    expect(after[1]!.value).not.toBe(before[1]!.value);
    expect(after[2]).toEqual(before[2]);
    expect(inWords(await jar.get('/auth/session'))).toBe('200');
  });

  it('goes on when the access token is gone or of no use, until the session ends', async () => {
    const { jar } = await browser();
    await jar.plant('at=garbage; Path=/');
    expect(inWords(await jar.get('/auth/session'))).toBe('401 TOKEN_INVALID');
    expect(jar.sent().map((pair) => pair.split('=')[0])).toEqual(['rt', 'csrf']);
    expect(inWords(await jar.get('/auth/session'))).toBe('401 UNAUTHENTICATED');
    expect(inWords(await jar.post('/auth/refresh'))).toBe('200');
    clock.advance(700 * second);
    const expired = await jar.get('/auth/session');
    expect([inWords(expired), setCookiesOf(expired)]).toEqual(['401 TOKEN_EXPIRED', []]);
    expect(inWords(await jar.post('/auth/refresh'))).toBe('200');
    expect(inWords(await jar.get('/auth/session'))).toBe('200');
  });

  it('in two tabs at once leaves both with working cookies', async () => {
    const { jar } = await browser();
    const replies = await Promise.all([jar.post('/auth/refresh'), jar.post('/auth/refresh')]);
    expect(replies.map(inWords)).toEqual(['200', '200']);
    expect(new Set(replies.map((reply) => cookiesOf(reply)[1]!.value)).size).toBe(1);
    expect(inWords(await jar.get('/auth/session'))).toBe('200');
  });

  it.each([
    ['a spent token', 'REFRESH_REUSED refresh_reuse'],
    ['a session that ended', 'SESSION_ENDED signout_all'],
    ['a session that expired', 'SESSION_EXPIRED expired_idle'],
    ['garbage', 'TOKEN_INVALID'],
  ])('that is refused for %s takes all cookies away', async (what, answer) => {
    const { jar, reply } = await browser();
    const [at, rt] = cookiesOf(reply);
    if (what === 'a spent token') {
      await jar.post('/auth/refresh');
      clock.advance(60 * second);
      await jar.plant(`rt=${rt!.value}; Path=/`);
    }
    if (what === 'a session that ended') await api.as(at!.value).post('/auth/logout-all').expect(200);
    if (what === 'a session that expired') clock.advance(43_200 * second);
    if (what === 'garbage') await jar.plant('rt=garbage; Path=/');
    const refused = await jar.post('/auth/refresh');
    expect(inWords(refused)).toBe(`401 ${answer}`);
    expect(refused.headers['cache-control']).toBe('no-store');
    expect(jar.sent()).toEqual([]);
    expect(inWords(await jar.post('/auth/refresh'))).toBe('401 UNAUTHENTICATED');
  });
});

describe('proving the password again by cookies', () => {
  it('gives cookies of the new session for as long as the old were kept, and no token in the body', async () => {
    const { jar, person } = await browser({ profile: 'remember' });
    clock.advance(60 * second);
    const reply = await jar.post('/auth/step-up', { password: person.password });
    expect([inWords(reply), namesOf(reply)]).toEqual(['200', ['at', 'rt', 'csrf']]);
    expect(Object.keys(reply.body.data)).not.toContain('access_token');
    expect(cookiesOf(reply)[2]!.attributes['max-age']).toBe(String(30 * 86_400));
    expect(inWords(await jar.post('/auth/refresh'))).toBe('200');
  });

  it('leaves the new cookies alone when a request with the old ones is answered late', async () => {
    const { jar, person, reply } = await browser();
    const late = api.send('get', '/auth/session').set('cookie', jar.sent().join('; '));
    const lateRefresh = api
      .send('post', '/auth/refresh')
      .set({ cookie: jar.sent().join('; '), 'x-csrf-token': jar.value('csrf') });
    await jar.post('/auth/step-up', { password: person.password });
    for (const answer of [await late, await lateRefresh])
      expect([inWords(answer), setCookiesOf(answer)]).toEqual(['401 SESSION_ENDED replaced', []]);
    expect(cookiesOf(reply)).toHaveLength(3);
  });
});
