import { type Api, base, startApi } from '../support/api.js';
import { CookieJar, parseSetCookie, setCookiesOf } from '../support/cookie-jar.js';
import { expectProblem, inWords } from '../support/expectations.js';
import { aPerson, type Person } from '../support/people.js';
import { routesOf } from '../support/registered-routes.js';

const own = 'http://auth.example.com';
const trusted = 'https://app.example.com';
let api: Api;
let someone: Browser;

beforeAll(async () => {
  const env = { PUBLIC_URL: 'http://login.example.com', TRUSTED_ORIGINS: trusted, SESSION_LIMIT: '1000' };
  api = await startApi({ env });
  someone = await browser();
});

const rejected = { status: 403, code: 'CSRF_REJECTED' };

interface Browser {
  readonly jar: CookieJar;
  readonly person: Person;
  readonly id: string;
}

async function browser(at: Api = api, origin = own): Promise<Browser> {
  const { person } = await at.register();
  const jar = new CookieJar(at, origin);
  const reply = await jar.signIn(person);
  return { jar, person, id: reply.body.data.session.id };
}

/** What a page can make a browser say, and whether it is heard. */
const pages: [site: string | undefined, origin: string | undefined, isHeard: boolean][] = [
  [undefined, undefined, true],
  [undefined, 'null', false],
  [undefined, own, true],
  [undefined, 'http://evil.example', false],
  [undefined, `${own}.evil.example`, false],
  [undefined, `${own}:8080`, false],
  [undefined, 'http://evil-auth.example.com', false],
  [undefined, 'not an origin', false],
  [undefined, trusted, true],
  [undefined, `${trusted}:444`, false],
  ['same-origin', undefined, true],
  ['same-origin', 'null', true],
  ['same-origin', own, true],
  ['none', undefined, true],
  ['same-site', undefined, false],
  ['same-site', own, false],
  ['same-site', 'http://evil.example.com', false],
  ['same-site', trusted, true],
  ['cross-site', undefined, false],
  ['cross-site', 'null', false],
  ['cross-site', own, false],
  ['cross-site', 'http://evil.example', false],
  ['cross-site', trusted, true],
  ['same-origin, cross-site', own, false],
  ['SAME-ORIGIN', own, false],
  ['', own, false],
];

describe.each(pages)(
  'a page that makes the browser say Sec-Fetch-Site %s and Origin %s',
  (site, origin, isHeard) => {
    const headers = {
      ...(site !== undefined && { 'sec-fetch-site': site }),
      ...(origin !== undefined && { origin }),
    };

    it(`${isHeard ? 'may' : 'may not'} write by cookies, sign in or register [v5.0.0-3.5.1, CSRF sheet]`, async () => {
      const before = await api.fingerprint();
      const { email, password } = someone.person;
      const replies = [
        await someone.jar.send('delete', '/sessions', { headers }),
        await new CookieJar(api).post('/auth/signin', { email, password }, { headers }),
        await new CookieJar(api).post('/auth/register', aPerson(), { headers }),
      ];
      if (isHeard) return expect(replies.map(({ status }) => status)).toEqual([200, 200, 201]);
      for (const reply of replies) {
        expectProblem(reply, rejected);
        expect(setCookiesOf(reply)).toEqual([]);
      }
      expect(await api.fingerprint()).toEqual(before);
    });

    it('may sign in without cookies, which changes nobody’s browser, and read what no foreign page is shown', async () => {
      const { email, password } = someone.person;
      const body = { email, password, transport: 'bearer' };
      const reply = await new CookieJar(api).post('/auth/signin', body, { headers });
      expect([reply.status, setCookiesOf(reply)]).toEqual([200, []]);
      for (const method of ['get', 'head'] as const)
        expect((await someone.jar.send(method, '/auth/session', { headers })).status).toBe(200);
    });
  },
);

describe('a write by cookies', () => {
  const writes = () =>
    Object.entries(routesOf(api.app))
      .filter(([route, mode]) => !route.startsWith('GET ') && ['session', 'token', 'refresh'].includes(mode))
      .map(([route]) => route.split(' ') as [string, string]);

  it.each(['nothing', 'an empty token', 'garbage', 'a token of another session', 'a refresh token'])(
    'is refused on every route with %s for a CSRF token, and changes nothing [v5.0.0-3.5.1, 63B-4 §5.1 CSRF]',
    async (what) => {
      const { jar, person, id } = await browser();
      const other = new CookieJar(api);
      await other.signIn(person);
      const csrf = {
        nothing: null,
        'an empty token': '',
        garbage: 'garbage',
        'a token of another session': other.value('csrf'),
        'a refresh token': jar.value('rt'),
      }[what]!;
      const before = await api.fingerprint();
      expect(writes().length).toBeGreaterThan(6);
      for (const [method, path] of writes()) {
        const send = method.toLowerCase() as 'post';
        const reply = await jar.send(send, path.replace(':id', id), { csrf });
        expectProblem(reply, rejected);
        expect([reply.headers['cache-control'], setCookiesOf(reply)]).toEqual(['no-store', []]);
      }
      expect(await api.fingerprint()).toEqual(before);
      expect(inWords(await jar.get('/auth/session'))).toBe('200');
      expect(api.log.find('csrf.rejected').at(-1)).toMatchObject({
        level: 'warn',
        reason: 'token',
        session_id: id,
      });
    },
  );

  it('takes the token from the header alone [v5.0.0-14.2.1]', async () => {
    const { jar } = await browser();
    const token = jar.value('csrf');
    const none = { csrf: null };
    expectProblem(await jar.post(`/auth/logout-all?csrf=${token}`, undefined, none), rejected);
    expectProblem(await jar.post('/auth/logout-all', { csrf: token }, none), rejected);
    const twice = { headers: { 'x-csrf-token': `${token}, ${token}` }, csrf: null };
    expectProblem(await jar.post('/auth/logout-all', undefined, twice), rejected);
    expect(inWords(await jar.post('/auth/logout-all'))).toBe('200');
  });

  it('is refused when its cookies are of two sessions [Session sheet: several cookies]', async () => {
    const [one, two] = [await browser(), await browser()];
    const rt = two.jar.sent().find((pair) => pair.startsWith('rt='))!;
    await one.jar.plant(`${rt}; Path=/`);
    expectProblem(await one.jar.post('/auth/refresh'), rejected);
    await one.jar.plant(`csrf=${two.jar.value('csrf')}; Path=/`);
    expectProblem(await one.jar.post('/auth/logout-all'), rejected);
  });

  it('may come as nothing but JSON, which no form can send [v5.0.0-3.5.2]', async () => {
    const { jar, person } = await browser();
    const json = JSON.stringify({ password: person.password });
    const before = await api.fingerprint();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      for (const path of ['/auth/signin', '/auth/register', '/auth/refresh', '/auth/step-up']) {
        const request = api.send('post', path).set({
          cookie: jar.sent().join('; '),
          'x-csrf-token': jar.value('csrf'),
          'content-type': type,
        });
        expectProblem(await request.send(json), { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
      }
    }
    expect(await api.fingerprint()).toEqual(before);
  });
});

describe('the CSRF token', () => {
  it('is the same for the whole session, and another for the next', async () => {
    const { jar, person } = await browser();
    const token = jar.value('csrf');
    await jar.post('/auth/refresh');
    expect(jar.value('csrf')).toBe(token);
    await jar.post('/auth/step-up', { password: person.password });
    expect(jar.value('csrf')).not.toBe(token);
  });

  it('comes back to a page that lost it, without anything else', async () => {
    const { jar } = await browser();
    const token = jar.value('csrf');
    await jar.plant('csrf=; Path=/; Max-Age=0');
    const reply = await jar.get('/auth/session');
    expect(setCookiesOf(reply).map((line) => parseSetCookie(line).name)).toEqual(['csrf']);
    expect(jar.value('csrf')).toBe(token);
    expect(setCookiesOf(await jar.get('/auth/session'))).toEqual([]);
  });

  it('is right again after a write that was refused because somebody planted another', async () => {
    const { jar } = await browser();
    await jar.plant('csrf=planted; Path=/; Domain=example.com');
    await jar.plant('csrf=planted; Path=/');
    expectProblem(await jar.post('/auth/logout-all'), rejected);
    expect(inWords(await jar.post('/auth/logout-all'))).toBe('200');
  });
});

describe('with TLS', () => {
  it('the unencrypted page of the same name is a foreign one [v5.0.0-3.4.2]', async () => {
    const site = await startApi({ env: { PUBLIC_URL: 'https://auth.example.com' } });
    const { jar } = await browser(site, 'https://auth.example.com');
    const from = (origin: string) => jar.post('/auth/logout-all', undefined, { headers: { origin } });
    expectProblem(await from('http://auth.example.com'), rejected);
    expect(inWords(await from('https://auth.example.com'))).toBe('200');
  });

  it('no reply to a page of another origin may be read by it [v5.0.0-3.4.2]', async () => {
    const { jar } = await browser();
    for (const origin of ['http://evil.example', 'null', trusted]) {
      const preflight = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-csrf-token',
      };
      const replies = [
        await jar.get('/auth/session', { headers: { origin } }),
        await api.root('options', `${base}/auth/logout-all`).set(preflight),
      ];
      for (const { headers } of replies)
        expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
      expect(replies[0]!.headers['cross-origin-resource-policy']).toBe('same-origin');
    }
  });
});
