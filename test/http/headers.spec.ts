import { PasswordHasher, StandingReader } from '@app/auth';
import { ShutdownGate } from '@app/health';
import { OverloadedError, StoreUnavailableError } from '@app/kernel';
import { eventually, freePort, testServers } from '@app/testing';
import type { Response, Test } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem, expectSuccess } from '../support/expectations.js';
import { aPerson, goodPassword } from '../support/people.js';

let api: Api;
let device: SignedInDevice;
let reader: StandingReader;

beforeAll(async () => {
  api = await startApi();
  device = await api.register();
  reader = api.app.get(StandingReader);
});

afterEach(() => jest.restoreAllMocks());

const signIn = (body: object) => api.send('post', '/auth/signin').send(body);
const secretDetail = 'select password from vault at /srv/app/secret.ts:7';

const replies: Record<string, { status: number; send: () => Test }> = {
  'a private resource': { status: 200, send: () => device.get('/auth/session') },
  'a private list': { status: 200, send: () => device.get('/sessions') },
  'a probe': { status: 200, send: () => api.root('get', '/health') },
  readiness: { status: 200, send: () => api.root('get', '/ready') },
  'the API document': { status: 200, send: () => api.root('get', '/openapi.json') },
  'a registration': { status: 201, send: () => api.send('post', '/auth/register').send(aPerson()) },
  'an invalid body': { status: 400, send: () => signIn({}) },
  'an unreadable body': {
    status: 400,
    send: () => signIn({}).set('content-type', 'application/json').send('{'),
  },
  'an unreadable address': { status: 400, send: () => api.root('get', '/%zz') },
  'a missing credential': { status: 401, send: () => api.send('get', '/auth/session') },
  'a bad token': { status: 401, send: () => api.as('x').get('/auth/session') },
  'a wrong password': { status: 401, send: () => signIn({ email: 'x@example.com', password: 'x' }) },
  'an unknown address': { status: 404, send: () => api.root('get', '/nowhere') },
  'an unknown session': { status: 404, send: () => device.delete(`/sessions/${'0'.repeat(64)}`) },
  'a wrong method': { status: 405, send: () => api.send('get', '/auth/signin') },
  'a conflict': { status: 409, send: () => api.send('post', '/auth/register').send(device.person) },
  'too large a body': { status: 413, send: () => signIn({ email: 'x'.repeat(70_000) }) },
  'a foreign media type': { status: 415, send: () => signIn({}).set('content-type', 'text/plain').send('x') },
  'a bug of ours': {
    status: 500,
    send: () => {
      jest.spyOn(reader, 'read').mockRejectedValueOnce(new Error(secretDetail));
      return device.get('/auth/session');
    },
  },
  'an outage': {
    status: 503,
    send: () => {
      jest
        .spyOn(reader, 'read')
        .mockRejectedValueOnce(new StoreUnavailableError('postgres', new Error(secretDetail)));
      return device.get('/auth/session');
    },
  },
};

const always = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
  'cache-control': 'no-store',
};

describe.each(Object.entries(replies))('the reply to %s', (_what, { status, send }) => {
  it('carries every security header [v5.0.0-3.2.1, v5.0.0-3.4.1, v5.0.0-3.4.3 to 3.4.6, v5.0.0-3.4.8, v5.0.0-3.5.8, v5.0.0-14.3.2]', async () => {
    const reply = await send();
    expect(reply.status).toBe(status);
    expect(reply.headers).toMatchObject(always);
  });

  it('names neither product nor version, sets no cookie and opens itself to no other origin [v5.0.0-13.4.6, v5.0.0-3.4.2]', async () => {
    const { headers } = await send().set('origin', 'https://evil.example');
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('server');
    expect(headers).not.toHaveProperty('set-cookie');
  });

  it('is JSON with a charset and has an id [v5.0.0-4.1.1]', async () => {
    const { headers } = await send();
    const type = status < 400 ? 'application/json' : 'application/problem+json';
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the request id', () => {
  it.each(['abc', 'A-b_c.9', 'f'.repeat(64)])('is the client’s own if it is harmless: %s', async (id) => {
    const reply = await api.send('get', '/auth/session').set('x-request-id', id);
    expect(reply.headers['x-request-id']).toBe(id);
    expect(reply.body.request_id).toBe(id);
    expect(api.log.find('request.completed').at(-1)).toMatchObject({ request_id: id });
  });

  it.each([
    ['too long', 'f'.repeat(65)],
    ['with a blank', 'a b'],
    ['with a quote', 'a"b'],
    ['with markup', '<b>'],
    ['with a slash', '../x'],
    ['a list', 'a, b'],
    ['empty', ''],
  ])('is replaced if it is %s [v5.0.0-1.2.1, v5.0.0-16.4.1]', async (_what, id) => {
    const reply = await api.root('get', '/health').set('x-request-id', id);
    expect(reply.headers['x-request-id']).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
    );
  });

  it('is echoed for an address that cannot be read', async () => {
    const reply = await api.root('get', '/%zz').set('x-request-id', 'mine');
    expect([reply.headers['x-request-id'], reply.body.request_id]).toEqual(['mine', 'mine']);
  });
});

describe('a failure of ours', () => {
  it('is 500 without a word of what happened, and the log has it under the id [v5.0.0-16.5.1, v5.0.0-13.4.2]', async () => {
    jest.spyOn(reader, 'read').mockRejectedValueOnce(new Error(secretDetail));
    const reply = await device.get('/auth/session').set({ 'x-debug': '1', 'x-request-id': 'a-bug' });
    expectProblem(reply, { status: 500, code: 'INTERNAL' });
    expect(JSON.stringify(reply.headers) + reply.text).not.toMatch(/vault|srv|secret|stack|Error:/);
    expect(api.log.find('request.failed').at(-1)).toMatchObject({
      level: 'error',
      request_id: 'a-bug',
      code: 'INTERNAL',
      route: '/api/v1/auth/session',
      err: { message: secretDetail, stack: expect.stringContaining('headers.spec') },
    });
  });

  it('refuses instead of letting anybody in when a check throws [v5.0.0-16.5.3]', async () => {
    const before = await api.fingerprint();
    for (const thrown of [new Error('x'), new TypeError('y'), 'text', undefined, null, { status: 200 }]) {
      jest.spyOn(reader, 'read').mockRejectedValueOnce(thrown);
      expectProblem(await device.delete('/sessions'), { status: 500, code: 'INTERNAL' });
    }
    expect(await api.fingerprint()).toEqual(before);
  });

  it('to reach a store is 503 with Retry-After and leaves the credential alone', async () => {
    jest
      .spyOn(reader, 'read')
      .mockRejectedValueOnce(new StoreUnavailableError('postgres', new Error(secretDetail)));
    const reply = await device.get('/auth/session');
    expectProblem(reply, { status: 503, code: 'STORE_UNAVAILABLE' });
    expect(reply.headers['retry-after']).toBe('1');
    expect(reply.text).not.toContain('vault');
    await device.get('/auth/session').expect(200);
  });

  it('to hash any more passwords is 503 with Retry-After [v5.0.0-15.2.2]', async () => {
    jest.spyOn(api.app.get(PasswordHasher), 'verify').mockRejectedValueOnce(new OverloadedError());
    const { email } = device.person;
    const reply = await signIn({ email, password: goodPassword });
    expectProblem(reply, { status: 503, code: 'OVERLOADED' });
    expect(reply.headers['retry-after']).toBe('1');
  });
});

describe('other origins', () => {
  it.each([
    'https://evil.example',
    'null',
    'http://localhost:3000.evil.example',
    'https://localhost:3000',
    'http://evil-localhost:3000',
  ])('get no permission by preflight: %s [v5.0.0-3.4.2]', async (origin) => {
    const reply = await api.send('options', '/auth/signin').set({
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    });
    expectProblem(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });
});

describe('the documentation page', () => {
  const pages = ['/docs', '/docs/', '/docs/index.html', '/docs?url=https://evil.example/x.json'];

  it.each(pages)('%s runs its own scripts only [v5.0.0-3.4.3, v5.0.0-3.6.1]', async (path) => {
    const { headers, text } = await api.root('get', path).expect(200);
    const policy = headers['content-security-policy']!;
    expect(policy).toMatch(/(^|; )default-src 'self'(;|$)/);
    for (const rule of ["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
      expect(policy.split('; ')).toContain(rule);
    }
    expect(policy).not.toMatch(/script-src|unsafe-eval|https?:/);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    const scripts = text.match(/<script[^>]*>/g) ?? [];
    expect(scripts.length).toBeGreaterThan(0);
    for (const tag of scripts) expect(tag).toMatch(/ src="\.\/[\w./-]+"/);
    expect(text.match(/ on\w+=/g)).toBeNull();
  });

  it('finds its scripts and styles, each with a type and nosniff', async () => {
    const { text } = await api.root('get', '/docs').expect(200);
    const files = [...text.matchAll(/(?:src|href)="\.(\/docs\/[^"]+)"/g)].map(([, path]) => path!);
    expect(files.length).toBeGreaterThan(3);
    for (const path of files) {
      const { headers } = await api.root('get', path).expect(200);
      expect(headers['content-type']).toMatch(
        /^(?:text\/css|application\/javascript); charset=utf-8$|^image\/png$/,
      );
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    }
  });

  it('shows every visitor the same files [v5.0.0-3.5.7]', async () => {
    const path = '/docs/swagger-ui-init.js';
    const anonymous = await api.root('get', path).expect(200);
    const signedIn = await api.root('get', path).set('authorization', `Bearer ${device.token}`).expect(200);
    expect(signedIn.text).toBe(anonymous.text);
  });
});

describe('the envelope', () => {
  it('is around every reply of the API', async () => {
    for (const path of ['/auth/session', '/auth/sessions', '/sessions', '/sessions/current']) {
      const { body } = await device.get(path).expect(200);
      expect(Object.keys(body)).toEqual(['success', 'data']);
      expect(body.success).toBe(true);
    }
  });

  it('is not around replies whose form somebody else has fixed', async () => {
    for (const path of ['/health', '/ready', '/.well-known/jwks.json']) {
      expect((await api.root('get', path).expect(200)).body).not.toHaveProperty('success');
    }
  });

  it('has no body behind HEAD, and the same headers as GET [v5.0.0-4.2.2]', async () => {
    const head = await device.send('head', '/auth/session').expect(200);
    const get = await device.get('/auth/session').expect(200);
    expect(head.text).toBeUndefined();
    expect(comparable(head)).toEqual(comparable(get));
  });
});

describe('the probes', () => {
  const postgres = {
    status: 'up',
    latency_ms: expect.any(Number),
    pool: { total: expect.any(Number), idle: expect.any(Number), waiting: 0 },
  };

  const revocation_feed = { status: 'up', age_ms: expect.any(Number) };

  it('/health says that the process lives, and nothing else [v5.0.0-13.4.5]', async () => {
    expect((await api.root('get', '/health').expect(200)).body).toEqual({ status: 'ok' });
  });

  it('/ready is ok without Redis', async () => {
    const plain = await startApi({ env: { REDIS_ENABLED: 'false' } });
    const { body } = await plain.root('get', '/ready').expect(200);
    expect(body).toEqual({
      status: 'ok',
      mode: 'normal',
      checks: { postgres, revocation_feed, redis: { status: 'up', enabled: false } },
    });
  });

  it('/ready is ok with Redis', async () => {
    const cached = await startApi({ env: { REDIS_URL: testServers.redisUrl } });
    const ready = () => cached.root('get', '/ready').expect(200);
    await eventually(async () => (await ready()).body.status === 'ok', { describe: 'Redis is connected' });
    expect((await ready()).body).toEqual({
      status: 'ok',
      mode: 'normal',
      checks: {
        postgres,
        revocation_feed,
        redis: { status: 'up', enabled: true, latency_ms: expect.any(Number), connection: 'ready' },
      },
    });
    const owner = await cached.register();
    expectSuccess(await owner.get('/auth/sessions'), { active_sessions: 1, redis_available: true });
  });

  it('/ready is degraded, not down, while Redis is away, and everything works', async () => {
    const port = await freePort();
    const alone = await startApi({ env: { REDIS_URL: `redis://127.0.0.1:${port}` } });
    const { body } = await alone.root('get', '/ready').expect(200);
    expect(body).toEqual({
      status: 'degraded',
      mode: 'database',
      checks: { postgres, revocation_feed, redis: { status: 'degraded', enabled: true } },
    });
    const owner = await alone.register();
    expectSuccess(await owner.get('/auth/sessions'), { active_sessions: 1, redis_available: false });
    await owner.post('/auth/signout').expect(200);
    await owner.get('/auth/session').expect(401);
  });

  it('/ready turns away traffic while the process stops, and every reply asks for a new connection', async () => {
    const stopping = await startApi();
    const owner = await stopping.register();
    const onOpenConnection = () => owner.get('/auth/session').set('connection', 'keep-alive').expect(200);
    expect((await onOpenConnection()).headers.connection).toBe('keep-alive');
    stopping.app.get(ShutdownGate).onModuleDestroy();
    const reply = await stopping.root('get', '/ready').expect(503);
    expect(reply.body).toEqual({ status: 'shutting_down', checks: {} });
    expect((await onOpenConnection()).headers.connection).toBe('close');
    expect((await stopping.root('get', '/health').expect(200)).body).toEqual({ status: 'ok' });
  });
});

/** The headers of a reply without those that differ between any two. */
function comparable({ headers }: Response): object {
  const { 'x-request-id': _id, date: _date, connection: _connection, ...rest } = headers;
  return rest;
}
