import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, freePort, NginxProcess } from '@app/testing';
import { type Api, base, type SignedInDevice, startApi } from '../support/api.js';
import { nginxWith } from '../support/nginx.js';

type Headers = Record<string, string>;

let api: Api;
let nginx: NginxProcess;
let app: Server;
let site: string;
/** What the application has seen. */
const seen: { method: string; url: string; headers: Headers }[] = [];

beforeAll(async () => {
  app = createServer(({ method = '', url = '', headers }, reply) => {
    seen.push({ method, url, headers: headers as Headers });
    reply.end('the application');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const port = await freePort();
  site = `http://127.0.0.1:${port}`;
  api = await startApi({
    isHasty: true,
    env: {
      PUBLIC_URL: site,
      SIGN_IN_URL: `${site}/signin?lang=en`,
      TRUST_PROXY: '1',
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_GLOBAL: '60/60',
      RATE_LIMIT_AUTH: '1000/60',
      SESSION_ACTIVITY_FLUSH: '1',
    },
  });
  const example = readFileSync('deploy/forward-auth/nginx.conf', 'utf8')
    .replace('127.0.0.1:3000', `127.0.0.1:${api.port}`)
    .replace('127.0.0.1:4000', `127.0.0.1:${(app.address() as AddressInfo).port}`)
    .replace('listen 8080', `listen 127.0.0.1:${port}`);
  nginx = await nginxWith(port, example);
}, 120_000);

afterAll(async () => {
  await nginx?.stop();
  app?.close();
});

beforeEach(() => {
  seen.length = 0;
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** As a browser may send it: `fetch` of Node would write headers of its own. */
function ask(path: string, headers: Headers = {}, { method = 'GET', body = '' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'content-length': String(body.length) };
    const { hostname, port } = new URL(site);
    const asking = request({ hostname, port, path, method, headers: { ...headers, ...length } }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (part: string) => (text += part));
      reply.on('end', () => resolve({ status: reply.statusCode!, headers: reply.headers, text }));
    });
    asking.once('error', reject);
    asking.end(body);
  });
}

const bearer = ({ token }: SignedInDevice): Headers => ({ authorization: `Bearer ${token}` });
function codeOf({ text }: Answer): string {
  return (JSON.parse(text) as { code: string }).code;
}

const page = { accept: 'text/html,application/xhtml+xml;q=0.9', 'sec-fetch-mode': 'navigate' };

/** Signs in through nginx, as a browser would. */
async function browser(): Promise<{ cookies: Headers; device: SignedInDevice }> {
  const device = await api.register();
  const reply = await ask(
    `${base}/auth/signin`,
    { 'content-type': 'application/json' },
    { method: 'POST', body: JSON.stringify({ ...device.person, transport: 'cookie' }) },
  );
  expect(reply.status).toBe(200);
  const cookie = reply.headers['set-cookie']!.map((line) => line.split(';')[0]).join('; ');
  return { cookies: { cookie }, device };
}

describe('behind nginx with the example of its configuration', () => {
  it('a token lets a request pass, and the application is told whose it is', async () => {
    const device = await api.register();
    const reply = await ask('/orders?id=1', bearer(device));
    expect([reply.status, reply.text]).toEqual([200, 'the application']);
    expect(seen).toMatchObject([
      {
        method: 'GET',
        url: '/orders?id=1',
        headers: {
          'remote-user': device.userId,
          'remote-email': device.person.email,
          'x-session-id': device.sessionId,
        },
      },
    ]);
  });

  it('cookies do, too, for pages and for what pages of this site send', async () => {
    const { cookies, device } = await browser();
    expect((await ask('/', { ...cookies, ...page })).status).toBe(200);
    const own = { ...cookies, origin: site, 'sec-fetch-site': 'same-origin' };
    expect((await ask('/orders', own, { method: 'POST', body: 'a=1' })).status).toBe(200);
    expect(seen.map(({ headers }) => headers['remote-user'])).toEqual([device.userId, device.userId]);
    expect(seen[1]).toMatchObject({ method: 'POST', headers: { 'content-length': '3' } });
  });

  it('no client can bring an identity: what it sends is replaced, or gone with the request', async () => {
    const [device, victim] = [await api.register(), await api.register()];
    const forged = {
      'remote-user': victim.userId,
      'Remote-Email': victim.person.email,
      'X-SESSION-ID': victim.sessionId,
    };
    expect((await ask('/', { ...bearer(device), ...forged })).status).toBe(200);
    expect(seen[0]!.headers).toMatchObject({
      'remote-user': device.userId,
      'remote-email': device.person.email,
      'x-session-id': device.sessionId,
    });
    expect((await ask('/', forged)).status).toBe(401);
    expect(seen).toHaveLength(1);
  });

  it('an ended session is refused with the next request, by token and by cookie', async () => {
    const { cookies, device } = await browser();
    expect((await ask('/', cookies)).status).toBe(200);
    expect((await ask('/', bearer(device))).status).toBe(200);
    await (await api.signIn(device.person)).post('/auth/logout-all').expect(200);
    for (const headers of [cookies, bearer(device)]) {
      const reply = await ask('/', headers);
      expect(reply.status).toBe(401);
      expect(JSON.parse(reply.text)).toMatchObject({ code: 'SESSION_ENDED', end_reason: 'signout_all' });
      expect(reply.headers['www-authenticate']).toContain('invalid_token');
      expect([reply.headers['cache-control'], reply.headers['remote-user']]).toEqual(['no-store', '']);
    }
    expect(seen).toHaveLength(2);
  });

  it('somebody without a session is sent to where they sign in if they open a page, and told 401 otherwise', async () => {
    const reply = await ask('/orders?id=1&to=//evil.example', page);
    expect(reply.status).toBe(302);
    const location = new URL(reply.headers['location']!);
    expect(location.origin + location.pathname).toBe(`${site}/signin`);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      lang: 'en',
      return_to: `${site}/orders?id=1&to=//evil.example`,
    });
    const others: [Headers, object][] = [
      [{ accept: 'application/json' }, {}],
      [{ ...page, 'sec-fetch-mode': 'cors' }, {}],
      [page, { method: 'POST', body: 'a=1' }],
    ];
    for (const [headers, init] of others) {
      const refused = await ask('/orders', headers, init);
      expect([refused.status, codeOf(refused)]).toEqual([401, 'UNAUTHENTICATED']);
    }
    expect(seen).toEqual([]);
  });

  it.each(['//evil.example/', '/\\evil.example/', '/%2F/evil.example'])(
    'nobody is sent to another site by %s',
    async (path) => {
      const reply = await ask(path, page);
      const back = new URL(reply.headers['location']!).searchParams.get('return_to');
      expect(back === null || new URL(back).origin === site).toBe(true);
      const elsewhere = await ask('/', { ...page, host: 'evil.example', 'x-forwarded-host': 'evil.example' });
      expect(elsewhere.headers['location'] ?? '').not.toContain('evil');
    },
  );

  it('pages of other sites change nothing with the cookies of a visitor, and open no socket', async () => {
    const { cookies } = await browser();
    const foreign: Headers[] = [
      { 'sec-fetch-site': 'cross-site', origin: 'http://evil.example' },
      { origin: 'http://evil.example' },
      { 'sec-fetch-site': 'same-site', 'x-forwarded-method': 'GET' },
    ];
    for (const headers of foreign) {
      const reply = await ask('/orders', { ...cookies, ...headers }, { method: 'POST', body: 'a=1' });
      expect([reply.status, codeOf(reply)]).toEqual([403, 'CSRF_REJECTED']);
    }
    const socket = {
      ...cookies,
      'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      'sec-websocket-version': '13',
    };
    expect((await ask('/live', { ...socket, origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask('/', { ...cookies, ...page, 'sec-fetch-site': 'cross-site' })).status).toBe(200);
    expect(seen.map(({ method }) => method)).toEqual(['GET']);
  });

  it('a shared session is for Rollcall alone', async () => {
    const device = await api.register();
    const { body } = await device.post('/sessions/shares', { minutes: 5, label: 'Bob' }).expect(201);
    const opened = await api.send('post', '/auth/shares/redeem').send({ token: body.data.token }).expect(200);
    const reply = await ask('/', { authorization: `Bearer ${opened.body.data.access_token}` });
    expect([reply.status, codeOf(reply)]).toEqual([403, 'FORBIDDEN']);
  });

  it('the site is not one client: more requests than an address may send pass, and count as use', async () => {
    const device = await api.register();
    const replies = await Promise.all(Array.from({ length: 80 }, () => ask('/', bearer(device))));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    const used = async () => {
      const [row] = await api.sql<{ uses: number }>(
        'select request_count::int as uses from sessions where id = $1',
        [device.sessionId],
      );
      return row!.uses;
    };
    await eventually(async () => (await used()) >= 80, { describe: 'the uses are written' });
  });

  it('that it could not be checked is 503, and nobody is signed out', async () => {
    const { cookies, device } = await browser();
    await api.toDatabase.set({ kind: 'hold' });
    const fresh = await ask('/', { authorization: `Bearer ${device.token}` });
    await api.toDatabase.set({ kind: 'pass' });
    expect([fresh.status, fresh.headers['retry-after']]).toEqual([503, '1']);
    await eventually(async () => (await ask('/', cookies)).status === 200, {
      describe: 'it is checked again',
    });
  });
});

describe('a proxy that is not set up', () => {
  it('does not say what is wanted: cookies open nothing, and the answer says why', async () => {
    const { cookies } = await browser();
    const reply = await api.send('get', '/auth/verify').set(cookies);
    expect([reply.status, reply.body.errors?.[0].field]).toEqual([400, 'X-Forwarded-Method']);
  });

  it('is not trusted: it names no page to come back to', async () => {
    const headers = { ...page, 'x-forwarded-method': 'GET', 'x-forwarded-uri': '/orders' };
    const reply = await api.send('get', '/auth/verify?pages=redirect').set(headers);
    expect([reply.status, reply.headers.location]).toEqual([302, `${site}/signin?lang=en`]);
  });
});
