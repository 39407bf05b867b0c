import { createPublicKey } from 'node:crypto';
import { Database } from '@app/postgres';
import { StoreUnavailableError } from '@app/kernel';
import { ClientDirectory, KeyRing } from '@app/tokens';
import { eventually, FakeClock } from '@app/testing';
import type { Response, Test } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { basic, aClientOf, type ClientCredentials, clientRegistryOf } from '../support/clients.js';
import { aPerson } from '../support/people.js';
import { hs256, TokenForge } from '../support/token-forge.js';

let api: Api;
let application: ClientCredentials;
let resource: ClientCredentials;

beforeAll(async () => {
  api = await startApi({ env: { JOBS_ENABLED: 'false' } });
  application = await aClientOf(api, 'application');
  resource = await aClientOf(api, 'resource');
});

afterEach(() => expect(api.log.find('request.failed')).toEqual([]));

type Form = Readonly<Record<string, string>>;

function send(path: 'introspect' | 'revoke', form: Form | string, authorization?: string, at = api): Test {
  const request = at.send('post', `/oauth/${path}`).set('content-type', 'application/x-www-form-urlencoded');
  if (authorization !== undefined) void request.set('authorization', authorization);
  return request.send(typeof form === 'string' ? form : new URLSearchParams(form).toString());
}

const introspect = (token: string, by = application, at = api): Test =>
  send('introspect', { token }, basic(by), at);
const revoke = (token: string, by = application, at = api): Test => send('revoke', { token }, basic(by), at);

/** An error of RFC 6749 §5.2 with everything that a problem says beside it. */
function expectOAuthError(reply: Response, expected: { status: number; code: string; error: string }): void {
  const { detail } = reply.body as { detail: string };
  expect(reply.body).toEqual({
    ...expected,
    ...(reply.body.errors && { errors: reply.body.errors }),
    type: 'about:blank',
    title: expect.stringMatching(/^[A-Z]/),
    detail: expect.stringMatching(/\S\.$/),
    error_description: detail,
    request_id: reply.headers['x-request-id'],
    success: false,
  });
  expect(reply.status).toBe(expected.status);
  expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(reply.headers['cache-control']).toBe('no-store');
  expect(reply.headers['www-authenticate']).toBe(
    expected.status === 401 ? 'Basic realm="rollcall", charset="UTF-8"' : undefined,
  );
}

const invalidClient = { status: 401, code: 'INVALID_CLIENT', error: 'invalid_client' };
const invalidRequest = { status: 400, code: 'VALIDATION_FAILED', error: 'invalid_request' };

function expectDead(reply: Response): void {
  expect({ status: reply.status, text: reply.text }).toEqual({ status: 200, text: '{"active":false}' });
  expect(reply.headers['cache-control']).toBe('no-store');
}

describe('introspection', () => {
  it('tells of a good access token what it says, and who it is [RFC 7662 §2.2]', async () => {
    const device = await api.register(aPerson({ username: 'introspected' }));
    const { body, headers, status } = await introspect(device.token, resource);

    expect({ status, body }).toEqual({
      status: 200,
      body: {
        active: true,
        token_type: 'Bearer',
        sub: device.userId,
        sid: device.sessionId,
        username: 'introspected',
        client_id: 'rollcall',
        iss: 'http://localhost:3000',
        aud: 'rollcall',
        jti: expect.stringMatching(/^[\w-]{22}$/),
        iat: expect.any(Number),
        exp: body.iat + 600,
        auth_time: expect.any(Number),
        amr: ['pwd'],
      },
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
  });

  it('tells an application of a good refresh token whose session it is', async () => {
    const device = await api.register();
    const { body } = await introspect(device.refreshToken).expect(200);

    expect(body).toEqual({
      active: true,
      token_type: 'refresh_token',
      sub: device.userId,
      sid: device.sessionId,
      username: device.person.email,
      client_id: 'rollcall',
      iss: 'http://localhost:3000',
      exp: Math.floor(Date.parse(device.reply.body.data.session.idle_expires_at) / 1000),
      auth_time: expect.any(Number),
    });
  });

  it('tells a resource server nothing of a refresh token that it is shown as if it opened something', async () => {
    const device = await api.register();
    expectDead(await introspect(device.refreshToken, resource));
  });

  it.each(['access_token', 'refresh_token', 'id_token', 'nonsense'])(
    'takes %s for no more than a hint [RFC 7662 §2.1]',
    async (token_type_hint) => {
      const device = await api.register();
      for (const token of [device.token, device.refreshToken]) {
        const { body } = await send('introspect', { token, token_type_hint }, basic(application)).expect(200);
        expect(body.active).toBe(true);
      }
    },
  );

  const deaths: [string, (device: SignedInDevice) => Promise<unknown>][] = [
    ['signing out', (device) => device.post('/auth/signout').expect(200)],
    ['signing out everywhere', (device) => device.post('/auth/logout-all').expect(200)],
    ['ending it from another device', (device) => endFromElsewhere(device)],
    [
      'disabling the user',
      ({ userId }) => api.sql('update users set disabled_at = now(), gen = gen + 1 where id = $1', [userId]),
    ],
    [
      'a time-out',
      ({ sessionId }) =>
        api.sql('update sessions set idle_expires_at = created_at where id = $1', [sessionId]),
    ],
    ['the end of history', ({ sessionId }) => api.sql('delete from sessions where id = $1', [sessionId])],
  ];

  it.each(deaths)('says only that the tokens of a session are dead after %s', async (_what, kill) => {
    const device = await api.register();
    await kill(device);
    for (const token of [device.token, device.refreshToken]) expectDead(await introspect(token));
  });

  it('says only that a token is dead which is unknown, foreign or forged [RFC 7662 §2.2]', async () => {
    const device = await api.register();
    const { privateKey } = api.app.get(KeyRing, { strict: false }).signingKey();
    const forge = new TokenForge(device.token, privateKey);
    const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' });
    const changed = Buffer.from(device.refreshToken, 'base64url');
    changed[changed.length - 1]! ^= 1;
    const dead = [
      'nonsense',
      'x'.repeat(5000),
      '..',
      device.sessionId,
      changed.toString('base64url'),
      `${device.refreshToken}A`,
      forge.make({ claims: { aud: 'billing' } }),
      forge.make({ claims: { sid: 'ab'.repeat(32) } }),
      forge.make({ header: { alg: 'HS256' }, signature: hs256(pem) }),
      forge.make({ header: { kid: 'A'.repeat(43) } }),
    ];
    for (const token of dead) expectDead(await introspect(token));
  });

  it('costs one statement at most, and none for what cannot be a token of ours', async () => {
    const device = await api.register();
    const database = api.app.get(Database, { strict: false });
    const [query, check] = [jest.spyOn(database, 'query'), jest.spyOn(database, 'check')];
    const { privateKey } = api.app.get(KeyRing, { strict: false }).signingKey();
    const forge = new TokenForge(device.token, privateKey);
    for (let flood = 0; flood < 50; flood += 1) {
      expectDead(await introspect(forge.make({ header: { kid: `kid-${flood}` } })));
      expectDead(await introspect(`nonsense ${flood}`));
      expect((await send('introspect', { token: 'x' }, basic({ id: `${flood}`, secret: 'x' }))).status).toBe(
        401,
      );
    }
    expect(query).toHaveBeenCalledTimes(0);
    expect(check).toHaveBeenCalledTimes(0);
    await introspect(device.token).expect(200);
    expect(query).toHaveBeenCalledTimes(0);
    expect(check).toHaveBeenCalledTimes(1);
    jest.restoreAllMocks();
  });

  it('says 503, never dead, when nobody can vouch, and the same token is good again afterwards', async () => {
    const own = await startApi();
    const client = await aClientOf(own);
    const device = await own.register();
    const database = own.app.get(Database, { strict: false });
    const away = () => Promise.reject(new StoreUnavailableError('postgres'));
    jest.spyOn(database, 'check').mockImplementation(away);
    jest.spyOn(database, 'query').mockImplementation(away);
    for (const token of [device.token, device.refreshToken]) {
      const reply = await introspect(token, client, own);
      expectOAuthError(reply, {
        status: 503,
        code: 'STORE_UNAVAILABLE',
        error: 'temporarily_unavailable',
      });
      expect(reply.headers['retry-after']).toBe('1');
    }
    jest.restoreAllMocks();
    for (const token of [device.token, device.refreshToken])
      expect((await introspect(token, client, own).expect(200)).body.active).toBe(true);
  });

  it('lets a token die to the second', async () => {
    const clock = new FakeClock();
    const own = await startApi({ clock });
    const client = await aClientOf(own);
    const device = await own.register();
    const { body } = await introspect(device.token, client, own).expect(200);
    clock.set(new Date(body.exp * 1000 - 1));
    expect((await introspect(device.token, client, own)).body.active).toBe(true);
    clock.set(new Date(body.exp * 1000));
    expectDead(await introspect(device.token, client, own));
    expect((await introspect(device.refreshToken, client, own)).body.active).toBe(true);
  });

  it('calls a spent refresh token active just as long as a refresh would take it', async () => {
    const clock = new FakeClock();
    const own = await startApi({ clock });
    const client = await aClientOf(own);
    const device = await own.register();
    await own.refresh(device.refreshToken).expect(200);
    clock.advance(9_999);
    expect((await introspect(device.refreshToken, client, own)).body.active).toBe(true);
    clock.advance(1);
    expectDead(await introspect(device.refreshToken, client, own));
    await own.refresh(device.refreshToken).expect(401);
  });
});

describe('revocation', () => {
  it('ends an access token alone; its session lives on [RFC 7009]', async () => {
    const device = await api.register();
    const { body, status } = await revoke(device.token);
    expect({ status, body }).toEqual({ status: 200, body: { propagation: 'complete' } });
    expect((await device.get('/auth/session').expect(401)).body.code).toBe('TOKEN_REVOKED');
    expectDead(await introspect(device.token));
    expect((await introspect(device.refreshToken)).body.active).toBe(true);
  });

  it('ends the session of a refresh token, and with it all its tokens, as a sign-out does', async () => {
    const device = await api.register();
    expect((await revoke(device.refreshToken).expect(200)).body).toEqual({ propagation: 'complete' });
    const { body } = await device.get('/auth/session').expect(401);
    expect(body).toMatchObject({ code: 'SESSION_ENDED', end_reason: 'signout' });
    expectDead(await introspect(device.refreshToken));
  });

  it('answers a token that is dead or unknown like one that it revoked [RFC 7009 §2.2]', async () => {
    const device = await api.register();
    await device.post('/auth/signout').expect(200);
    const known = await revoke(device.token);
    for (const token of [device.token, device.refreshToken, device.refreshToken, 'nonsense', '..']) {
      const reply = await revoke(token);
      expect({ status: reply.status, body: reply.body }).toEqual({ status: 200, body: known.body });
    }
    expect((await device.get('/auth/session').expect(401)).body.end_reason).toBe('signout');
  });

  it('is refused to a service that was only shown the token, and changes nothing [RFC 7009 §2.1]', async () => {
    const device = await api.register();
    const before = await api.fingerprint();
    for (const token of [device.token, device.refreshToken, 'nonsense']) {
      expectOAuthError(await revoke(token, resource), {
        status: 400,
        code: 'UNAUTHORIZED_CLIENT',
        error: 'unauthorized_client',
      });
    }
    expect(await api.fingerprint()).toEqual(before);
  });

  it('says 503 when it could not revoke [RFC 7009 §2.2.1]', async () => {
    const own = await startApi();
    const client = await aClientOf(own);
    const device = await own.register();
    const database = own.app.get(Database, { strict: false });
    const away = () => Promise.reject(new StoreUnavailableError('postgres'));
    jest.spyOn(database, 'query').mockImplementation(away);
    jest.spyOn(database, 'run').mockImplementation(away);
    for (const token of [device.token, device.refreshToken]) {
      expect((await revoke(token, client, own)).status).toBe(503);
    }
    jest.restoreAllMocks();
    await device.get('/auth/session').expect(200);
  });
});

describe.each(['introspect', 'revoke'] as const)('/oauth/%s', (path) => {
  const token = 'x';
  const encode = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;

  it('knows a client by Basic, also in the form that the encoding of RFC 6749 §2.3.1 gives it', async () => {
    const everyOctet = (text: string): string =>
      [...Buffer.from(text)].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
    const { id, secret } = application;
    for (const authorization of [
      encode(`${id}:${secret}`),
      encode(`${everyOctet(id)}:${everyOctet(secret)}`),
      `basic ${encode(`${id}:${secret}`).slice(6)}`,
    ])
      await send(path, { token }, authorization).expect(200);
    await send(path, { token, client_id: id }, basic(application)).expect(200);
    await send(path, { token, client_id: id, client_secret: secret }).expect(200);
  });

  it('refuses everybody else alike [RFC 6749 §5.2, RFC 7662 §2.1]', async () => {
    const { id, secret } = application;
    const device = await api.register();
    const before = await api.fingerprint();
    const strangers: [Form, string?][] = [
      [{ token }],
      [{ token }, encode(`${id}:wrong`)],
      [{ token }, encode(`${id}:`)],
      [{ token }, encode(id)],
      [{ token }, encode(`:${secret}`)],
      [{ token }, encode(`nobody:${secret}`)],
      [{ token }, encode(`${resource.id}:${secret}`)],
      [{ token }, encode(`${id}:${secret} `)],
      [{ token }, encode(`${id}:%`)],
      [{ token }, 'Basic'],
      [{ token }, 'Basic !'],
      [{ token }, `Bearer ${device.token}`],
      [{ token, client_id: id }],
      [{ token, client_secret: secret }],
      [{ token, client_id: id, client_secret: `${secret}x` }],
      [{ token, client_id: '__proto__', client_secret: secret }],
      [{}],
    ];
    const bodies = new Set<string>();
    for (const [form, authorization] of strangers) {
      const reply = await send(path, form, authorization);
      expectOAuthError(reply, invalidClient);
      bodies.add(JSON.stringify({ ...reply.body, request_id: '' }));
    }
    expect(bodies.size).toBe(1);
    expect(api.log.find('client.refused').length).toBeGreaterThanOrEqual(strangers.length);
    expect(await api.fingerprint()).toEqual(before);
  });

  it('refuses a client that authenticates in two ways [RFC 6749 §2.3]', async () => {
    const { id, secret } = application;
    const forms: Form[] = [
      { token, client_id: id, client_secret: secret },
      { token, client_secret: secret },
      { token, client_id: resource.id },
    ];
    for (const form of forms) expectOAuthError(await send(path, form, basic(application)), invalidRequest);
  });

  it.each([
    ['no token', ''],
    ['an empty token', 'token='],
    ['a token twice', 'token=x&token=y'],
    ['a hint twice', 'token=x&token_type_hint=a&token_type_hint=b'],
    ['a flood of parameters', `token=x${'&a=1'.repeat(100)}`],
    [
      'a flood of different parameters',
      `token=x${Array.from({ length: 100 }, (_, i) => `&a${i}=1`).join('')}`,
    ],
  ])('refuses %s', async (_what, form) => {
    expectOAuthError(await send(path, form, basic(application)), invalidRequest);
  });

  it('ignores parameters that it does not know [RFC 6749 §3.2]', async () => {
    await send(path, { token, audience: 'x', active: 'true', __proto__x: '1' }, basic(application)).expect(
      200,
    );
  });

  it('reads forms and nothing else, and of moderate size', async () => {
    for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
      const reply = await api
        .send('post', `/oauth/${path}`)
        .set({ authorization: basic(application), 'content-type': type })
        .send(JSON.stringify({ token }));
      expectOAuthError(reply, {
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
        error: 'invalid_request',
      });
      expect(reply.body.error_description).toBe('Send the body as application/x-www-form-urlencoded.');
    }
    expectOAuthError(await send(path, { token: 'x'.repeat(70_000) }, basic(application)), {
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
      error: 'invalid_request',
    });
  });

  it('takes nothing from the query', async () => {
    const { id, secret } = application;
    const query = new URLSearchParams({ token, client_id: id, client_secret: secret }).toString();
    const reply = await api
      .send('post', `/oauth/${path}?${query}`)
      .set('content-type', 'application/x-www-form-urlencoded');
    expectOAuthError(reply, invalidClient);
  });

  it('writes neither token nor secret into the log', async () => {
    const device = await api.register();
    await send(path, { token: device.token }, basic(application)).expect(200);
    await send(path, { token: device.refreshToken, client_id: 'x', client_secret: 'SENTINEL' });
    for (const secret of [device.token, device.refreshToken, application.secret, 'SENTINEL'])
      expect(api.log.text).not.toContain(secret);
  });
});

describe('a client', () => {
  it('has two good secrets while one is being replaced', async () => {
    const registry = clientRegistryOf(api);
    const first = await aClientOf(api);
    const second = { id: first.id, secret: (await registry.rotateSecret(first.id)).secret };
    await eventually(async () => (await introspect('x', second)).status === 200, {
      describe: 'the second secret is known',
    });
    await introspect('x', first).expect(200);
    const third = { id: first.id, secret: (await registry.rotateSecret(first.id)).secret };
    await eventually(async () => (await introspect('x', first)).status === 401, {
      describe: 'the first secret is forgotten',
    });
    await introspect('x', second).expect(200);
    await registry.dropPreviousSecret(first.id);
    await eventually(async () => (await introspect('x', second)).status === 401, {
      describe: 'the second secret is forgotten',
    });
    await introspect('x', third).expect(200);
  });

  it('that is disabled is refused at once', async () => {
    const client = await aClientOf(api);
    await clientRegistryOf(api).disable(client.id);
    await eventually(async () => (await introspect('x', client)).status === 401, {
      describe: 'the client is refused',
    });
    const listed = (await clientRegistryOf(api).list()).find(({ id }) => id === client.id);
    expect(listed).toMatchObject({ disabledAt: expect.any(Date) });
  });

  it('has no secret in the database [v5.0.0-11.4.1]', async () => {
    const client = await aClientOf(api);
    const rows = await api.sql('select t::text from oauth_clients t');
    const dump = JSON.stringify(rows);
    expect(dump).toContain(client.id);
    expect(dump).not.toContain(client.secret);
    expect(dump).not.toContain(Buffer.from(client.secret).toString('hex'));
    expect(Object.keys((await clientRegistryOf(api).list())[0]!)).not.toContain('secretDigest');
  });

  it('is served while Postgres is away, if it was known before', async () => {
    const directory = api.app.get(ClientDirectory, { strict: false });
    const database = api.app.get(Database, { strict: false });
    jest.spyOn(database, 'query').mockRejectedValue(new StoreUnavailableError('postgres'));
    expect(directory.authenticate(application.id, application.secret).id).toBe(application.id);
    jest.restoreAllMocks();
  });
});

async function endFromElsewhere(device: SignedInDevice): Promise<void> {
  const other = await api.signIn(device.person);
  await other.delete(`/sessions/${device.sessionId}`).expect(200);
}
