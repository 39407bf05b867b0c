import type { AccessMode } from '@app/http';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { exchange } from '../support/raw-http.js';
import { routesOf, servedRoutesOf } from '../support/registered-routes.js';

/** Every route there is and who may call it. A new one fails here until somebody has decided that on purpose. */
const expected: Record<string, AccessMode> = {
  'POST /api/v1/auth/register': 'public',
  'POST /api/v1/auth/signin': 'public',
  'POST /api/v1/auth/login': 'public',
  'POST /api/v1/auth/signin/continue': 'public',
  'POST /api/v1/auth/shares/redeem': 'public',
  'POST /api/v1/auth/refresh': 'refresh',
  'POST /api/v1/auth/step-up': 'session',
  'GET /api/v1/auth/profile': 'session',
  'PUT /api/v1/auth/profile': 'session',
  'POST /api/v1/auth/profile/avatar': 'session',
  'GET /api/v1/auth/profile/avatar': 'session',
  'DELETE /api/v1/auth/profile/avatar': 'session',
  'GET /api/v1/avatars/:file': 'public',
  'PUT /api/v1/auth/profile/password': 'session',
  'GET /api/v1/auth/challenge': 'public',
  'POST /api/v1/auth/signout': 'token',
  'POST /api/v1/auth/logout': 'token',
  'POST /api/v1/auth/logout-all': 'session',
  'GET /api/v1/auth/session': 'session',
  'GET /api/v1/auth/verify': 'session',
  'GET /api/v1/auth/me': 'session',
  'GET /api/v1/auth/sessions': 'session',
  'GET /api/v1/sessions': 'session',
  'GET /api/v1/sessions/active': 'session',
  'GET /api/v1/sessions/current': 'session',
  'GET /api/v1/sessions/history': 'session',
  'GET /api/v1/sessions/events': 'session',
  'GET /api/v1/sessions/analytics': 'session',
  'POST /api/v1/sessions/shares': 'session',
  'GET /api/v1/sessions/shares': 'session',
  'DELETE /api/v1/sessions/shares/:id': 'session',
  'DELETE /api/v1/sessions': 'session',
  'DELETE /api/v1/sessions/:id': 'session',
  'POST /api/v1/oauth/introspect': 'client',
  'POST /api/v1/oauth/revoke': 'client',
  'GET /api/v1/admin/system': 'session',
  'GET /api/v1/admin/analytics': 'session',
  'GET /api/v1/admin/stats': 'session',
  'GET /api/v1/admin/users': 'session',
  'POST /api/v1/admin/users': 'session',
  'GET /api/v1/admin/users/:id': 'session',
  'POST /api/v1/admin/users/:id/disable': 'session',
  'POST /api/v1/admin/users/:id/enable': 'session',
  'PUT /api/v1/admin/users/:id/role': 'session',
  'POST /api/v1/admin/users/:id/require-password-change': 'session',
  'POST /api/v1/admin/users/:id/unlock': 'session',
  'GET /api/v1/admin/users/:id/sessions': 'session',
  'DELETE /api/v1/admin/users/:id/sessions': 'session',
  'GET /api/v1/admin/users/:id/history': 'session',
  'GET /api/v1/admin/users/:id/events': 'session',
  'GET /api/v1/admin/sessions': 'session',
  'GET /api/v1/admin/sessions/:id': 'session',
  'DELETE /api/v1/admin/sessions/:id': 'session',
  'POST /api/v1/admin/sessions/end': 'session',
  'GET /api/v1/admin/sessions/ends/:id': 'session',
  'GET /api/v1/admin/shares': 'session',
  'DELETE /api/v1/admin/shares/:id': 'session',
  'GET /api/v1/admin/audit': 'session',
  'GET /api/v1/admin/audit/export': 'session',
  'GET /api/v1/admin/audit/verification': 'session',
  'GET /api/v1/admin/events': 'session',
  'GET /api/v1/admin/settings': 'session',
  'GET /api/v1/admin/keys': 'session',
  'POST /api/v1/admin/keys/rotate': 'session',
  'POST /api/v1/admin/keys/:kid/withdraw': 'session',
  'GET /api/v1/admin/rate-limits': 'session',
  'POST /api/v1/admin/rate-limits/reset': 'session',
  'GET /api/v1/admin/webhooks': 'session',
  'POST /api/v1/admin/webhooks': 'session',
  'GET /api/v1/admin/webhooks/:id': 'session',
  'PUT /api/v1/admin/webhooks/:id': 'session',
  'DELETE /api/v1/admin/webhooks/:id': 'session',
  'POST /api/v1/admin/webhooks/:id/disable': 'session',
  'POST /api/v1/admin/webhooks/:id/enable': 'session',
  'POST /api/v1/admin/webhooks/:id/rotate-secret': 'session',
  'POST /api/v1/admin/webhooks/:id/ping': 'session',
  'POST /api/v1/admin/webhooks/:id/replay': 'session',
  'GET /api/v1/admin/webhooks/:id/deliveries': 'session',
  'GET /api/v1/admin/webhooks/:id/deliveries/:delivery': 'session',
  'POST /api/v1/admin/webhooks/:id/deliveries/:delivery/replay': 'session',
  'GET /api/v1/revocations': 'client',
  'GET /health': 'public',
  'GET /ready': 'public',
  'GET /metrics': 'public',
  'GET /.well-known/jwks.json': 'public',
  'GET /.well-known/oauth-authorization-server': 'public',
};

/** Served beside the controllers: the document and the page that shows it, and the dashboard. */
const pages = [
  '/admin',
  '/admin/*',
  '/admin/assets/*',
  '/account',
  '/account/*',
  '/openapi.json',
  '/docs',
  '/docs/',
  '/docs/*',
  '/docs/index.html',
  '/docs/LICENSE',
  '/docs/swagger-ui-init.js',
  '/docs/docs/swagger-ui-init.js',
];

const all = Object.entries(expected).map(([route, mode]) => {
  const [method, path] = route.split(' ') as [string, string];
  return { route, method, path: path.replace(/:\w+/, 'a'.repeat(64)), pattern: path, mode };
});
const closed = all.filter(({ mode }) => mode !== 'public');

let api: Api;
let device: SignedInDevice;

beforeAll(async () => {
  api = await startApi();
  device = await api.register();
});

/** The request as it is written, without a client that tidies the address up. */
async function statusOf(method: string, path: string): Promise<number | null> {
  const { status } = await exchange(
    api.port,
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  return status;
}

describe('the routes', () => {
  it('are exactly the listed ones, with the listed access [v5.0.0-6.1.3, v5.0.0-8.2.1]', () => {
    expect(routesOf(api.app)).toEqual(expected);
  });

  it('are all that the server answers, besides the documentation and the dashboard [v5.0.0-15.2.3]', () => {
    const methods = new Map<string, string[]>(pages.map((path) => [path, ['GET', 'HEAD']]));
    for (const { method, pattern } of all) {
      const own = method === 'GET' ? ['GET', 'HEAD'] : [method];
      methods.set(pattern, [...(methods.get(pattern) ?? []), ...own].toSorted());
    }
    expect(servedRoutesOf(api.app)).toEqual(Object.fromEntries(methods));
  });
});

describe.each(closed)('$route without credentials', ({ method, path, mode }) => {
  it('is answered 401 [v5.0.0-6.3.4, WSTG-ATHN-04]', async () => {
    const send = api.root(method.toLowerCase() as 'get', path);
    const reply = await send;
    if (mode === 'client')
      expect({ status: reply.status, code: reply.body.code }).toEqual({
        status: 401,
        code: 'INVALID_CLIENT',
      });
    else expectProblem(reply, { status: 401, code: 'UNAUTHENTICATED' });
    if (method === 'GET') expect((await api.root('head', path)).status).toBe(401);
  });

  const variants: [string, (path: string) => string][] = [
    ['a slash behind', (text) => `${text}/`],
    ['two slashes before', (text) => `/${text}`],
    ['a doubled slash inside', (text) => text.replace(/\/(?=auth|sessions|oauth)/, '//')],
    ['capitals', (text) => text.toUpperCase()],
    ['one capital', (text) => text.replace('/api', '/Api')],
    ['an encoded letter', (text) => text.replace('/api', '/%61pi').replace('sessions', 's%65ssions')],
    ['an encoded slash', (text) => text.replace('/v1/', '/v1%2f')],
    ['a dot segment', (text) => text.replace('/v1/', '/v1/./')],
    ['a detour over a public route', (text) => text.replace('/v1/', '/v1/auth/signin/../../')],
    ['path parameters', (text) => `${text};a=b`],
    ['a suffix', (text) => `${text}.json`],
    ['a null byte', (text) => `${text}%00`],
    ['a query', (text) => `${text}?public=true`],
    ['a fragment', (text) => `${text}#/health`],
    ['a whole URL', (text) => `http://localhost${text}`],
    ['another version', (text) => text.replace('/v1/', '/v2/')],
    ['no version', (text) => text.replace('/v1/', '/')],
    ['no prefix', (text) => text.replace('/api/v1', '')],
  ];

  it('is never opened by another spelling of the address [v5.0.0-6.3.4, WSTG-ATHN-10]', async () => {
    // Below /admin and /account every address is the page that the browser's script shows; it holds nothing of anybody.
    const addresses = variants
      .map(([what, respell]) => ({ what, address: respell(path) }))
      .filter(({ address }) => !/^\/(?:admin|account)\//.test(address));
    const answers = await Promise.all(
      addresses.map(async ({ what, address }) => ({ what, status: await statusOf(method, address) })),
    );
    expect(answers.filter(({ status }) => ![400, 401, 404, 405].includes(status ?? 0))).toEqual([]);
  });

  it('changes nothing', async () => {
    const before = await api.fingerprint();
    for (const [, respell] of variants.slice(0, 8)) await statusOf(method, respell(path));
    expect(await api.fingerprint()).toEqual(before);
  });
});

describe('a method that an address does not have', () => {
  const allowed = new Map<string, Set<string>>();
  for (const { method, path } of all) {
    const methods = allowed.get(path) ?? new Set();
    for (const each of method === 'GET' ? ['GET', 'HEAD'] : [method]) methods.add(each);
    // `active`, `current` and `end` could also be the id of a session to end.
    if (path.startsWith('/api/v1/sessions/')) methods.add('DELETE');
    if (path === '/api/v1/admin/sessions/end')
      for (const each of ['GET', 'HEAD', 'DELETE']) methods.add(each);
    allowed.set(path, methods);
  }
  const addresses = [...allowed].map(([path, methods]) => ({ path, methods: [...methods].toSorted() }));

  it.each(addresses)(
    'is answered 405 with Allow on $path, signed in or not, and changes nothing [v5.0.0-3.5.3, v5.0.0-4.1.4]',
    async ({ path, methods }) => {
      const before = await api.fingerprint();
      const others = (['get', 'post', 'put', 'patch', 'delete', 'options'] as const).filter(
        (method) => !methods.includes(method.toUpperCase()),
      );
      for (const method of others) {
        const signedIn = { authorization: `Bearer ${device.token}` };
        for (const reply of [await api.root(method, path), await api.root(method, path).set(signedIn)]) {
          expectProblem(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
          expect(reply.headers.allow).toBe(methods.join(', '));
        }
      }
      if (!methods.includes('HEAD')) expect((await api.root('head', path)).status).toBe(405);
      expect(await api.fingerprint()).toEqual(before);
    },
  );
});
