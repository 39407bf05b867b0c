import {
  createHash,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  verify,
} from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KeyRing } from '@app/tokens';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { claimsIn, headerIn } from '../support/claims.js';
import { expectProblem, withoutIdentity } from '../support/expectations.js';
import { aPerson } from '../support/people.js';
import { base64url, derEncoded, hs256, type Forgery, TokenForge } from '../support/token-forge.js';

let api: Api;
let device: SignedInDevice;
let privateKey: KeyObject;
let publicKey: KeyObject;
let forge: TokenForge;

beforeAll(async () => {
  api = await startApi();
  device = await api.register(aPerson({ username: 'holder', full_name: 'Token Holder' }));
  privateKey = api.app.get(KeyRing).signingKey().privateKey;
  publicKey = createPublicKey(privateKey);
  forge = new TokenForge(device.token, privateKey);
});

afterEach(() => expect(api.log.find('request.failed')).toEqual([]));

const tokenInvalid = { status: 401, code: 'TOKEN_INVALID' } as const;
const strangerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;

it('is accepted as issued, and when rebuilt by the forge of these tests', async () => {
  await device.get('/auth/session').expect(200);
  await api.as(forge.make({})).get('/auth/session').expect(200);
});

describe('a forged token', () => {
  const ours = (forgery: Forgery) => () => forge.make(forgery);
  const withHeader = (header: Record<string, unknown>) => ours({ header });
  const withClaims = (claims: Record<string, unknown>) => ours({ claims });
  const unsigned = (alg: unknown) => () =>
    `${forge.make({ header: { alg } }).split('.').slice(0, 2).join('.')}.`;
  const now = () => Math.floor(Date.now() / 1000);
  const pem = () => publicKey.export({ type: 'spki', format: 'pem' });
  const jwk = () => publicKey.export({ format: 'jwk' });
  const spliced = (index: number, change: (part: string) => string) => () =>
    device.token
      .split('.')
      .map((part, position) => (position === index ? change(part) : part))
      .join('.');
  const flipped = (part: string): string => {
    const bytes = Buffer.from(part, 'base64url');
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    return bytes.toString('base64url');
  };

  const signatures: [string, () => string][] = [
    ['a flipped bit in its header [v5.0.0-9.1.1]', spliced(0, flipped)],
    ['a flipped bit in its payload [v5.0.0-9.1.1]', spliced(1, flipped)],
    ['a flipped bit in its signature [v5.0.0-9.1.1]', spliced(2, flipped)],
    [
      'the payload of another session [v5.0.0-9.1.1]',
      spliced(1, (part) =>
        base64url(
          JSON.stringify({ ...JSON.parse(Buffer.from(part, 'base64url').toString()), sid: '0'.repeat(64) }),
        ),
      ),
    ],
    ['no signature', spliced(2, () => '')],
    ['a signature of zeros', spliced(2, () => Buffer.alloc(64).toString('base64url'))],
    ['a signature of ones', spliced(2, () => Buffer.alloc(64, 1).toString('base64url'))],
    ['half a signature', spliced(2, (part) => part.slice(0, 43))],
    ['a DER-encoded signature', () => forge.make({ signature: derEncoded(privateKey) })],
    ['another spelling of its signature [RFC 7515 malleability]', spliced(2, respelled)],
    ['padding behind its signature [RFC 7515 malleability]', spliced(2, (part) => `${part}==`)],
    ['the signature of a stranger under our kid', ours({ key: strangerKey })],
    ['no algorithm', withHeader({ alg: undefined })],
    ['the algorithm none', unsigned('none')],
    ['the algorithm None', unsigned('None')],
    ['the algorithm nonE', unsigned('nonE')],
    ['the algorithm none and a good signature [v5.0.0-9.1.2]', withHeader({ alg: 'none' })],
    ['the algorithm es256 [RFC 8725 §3.1]', withHeader({ alg: 'es256' })],
    ['the algorithm ES384', withHeader({ alg: 'ES384' })],
    ['the algorithm RS256', withHeader({ alg: 'RS256' })],
    ['a list of algorithms', withHeader({ alg: ['ES256'] })],
    [
      'HS256 keyed with the public key as PEM [v5.0.0-9.1.2]',
      () => forge.make({ header: { alg: 'HS256' }, signature: hs256(pem()) }),
    ],
    [
      'HS256 keyed with the public key as JWK [v5.0.0-9.1.2]',
      () => forge.make({ header: { alg: 'HS256' }, signature: hs256(JSON.stringify(jwk())) }),
    ],
    ['HS256 keyed with nothing', () => forge.make({ header: { alg: 'HS256' }, signature: hs256('') })],
  ];

  const headers: [string, () => string][] = [
    [
      'a key of its own (jwk) [v5.0.0-9.1.3]',
      () =>
        forge.make({
          header: { jwk: createPublicKey(strangerKey).export({ format: 'jwk' }) },
          key: strangerKey,
        }),
    ],
    ['jku [v5.0.0-9.1.3]', withHeader({ jku: 'http://127.0.0.1:9/jwks.json' })],
    ['x5u [v5.0.0-9.1.3]', withHeader({ x5u: 'http://127.0.0.1:9/x5u.pem' })],
    ['x5c [v5.0.0-9.1.3]', withHeader({ x5c: ['MIIB'] })],
    ['crit [RFC 7515 §4.1.11]', withHeader({ crit: ['exp'], exp: 1 })],
    ['an unencoded payload (b64)', withHeader({ b64: false, crit: ['b64'] })],
    ['any further header member', withHeader({ cty: 'JWT' })],
    ['no kid', withHeader({ kid: undefined })],
    ['an unknown kid', withHeader({ kid: 'A'.repeat(43) })],
    ['an empty kid', withHeader({ kid: '' })],
    ['a numeric kid', withHeader({ kid: 0 })],
    ['null as kid', withHeader({ kid: null })],
    ['a path as kid [RFC 8725 §3.10]', withHeader({ kid: '../../../../dev/null' })],
    ['SQL as kid [RFC 8725 §3.10]', withHeader({ kid: `x' union select 'key` })],
    ['__proto__ as kid', withHeader({ kid: '__proto__' })],
    ['no typ [RFC 9068 §2.1]', withHeader({ typ: undefined })],
    ['typ JWT [v5.0.0-9.2.2]', withHeader({ typ: 'JWT' })],
    ['typ in capitals', withHeader({ typ: 'AT+JWT' })],
    ['a header that is no object', () => forge.seal('[]', '{}')],
    ['a header that is no JSON', () => forge.seal('{', '{}')],
  ];

  const claims: [string, () => string][] = [
    ...['iss', 'aud', 'sub', 'sid', 'client_id', 'jti', 'iat', 'exp', 'auth_time', 'amr'].map(
      (name): [string, () => string] => [`no ${name} [RFC 9068 §2.2]`, withClaims({ [name]: undefined })],
    ),
    ['another issuer [RFC 8725 §3.8]', withClaims({ iss: 'https://rollcall.evil.example' })],
    [
      'our issuer with a slash behind it',
      () => forge.make({ claims: { iss: `${String(claimsIn(device.token).iss)}/` } }),
    ],
    ['another audience [v5.0.0-9.2.3]', withClaims({ aud: 'billing' })],
    ['an audience in capitals [v5.0.0-9.2.3]', withClaims({ aud: 'ROLLCALL' })],
    ['a list of other audiences [v5.0.0-9.2.3]', withClaims({ aud: ['billing', 'shop'] })],
    ['a beginning in the future [v5.0.0-9.2.1]', () => forge.make({ claims: { nbf: now() + 600 } })],
    ['a textual exp [v5.0.0-9.2.1]', () => forge.make({ claims: { exp: String(now() + 60) } })],
    ['a broken exp [v5.0.0-9.2.1]', () => forge.make({ claims: { exp: now() + 60.5 } })],
    ['a negative exp [v5.0.0-9.2.1]', withClaims({ exp: -1 })],
    ['an exp that no date can hold [v5.0.0-9.2.1]', withClaims({ exp: Number.MAX_SAFE_INTEGER })],
    [
      'an endless exp [v5.0.0-9.2.1]',
      () =>
        forge.seal(
          JSON.stringify(headerIn(device.token)),
          JSON.stringify(claimsIn(device.token)).replace(/"exp":\d+/, '"exp":1e400'),
        ),
    ],
    ['a sub that is no user id', withClaims({ sub: 'admin' })],
    ['a sub that is a list', () => forge.make({ claims: { sub: [device.userId] } })],
    ['a sid in capitals', () => forge.make({ claims: { sid: device.sessionId.toUpperCase() } })],
    ['SQL as sid', withClaims({ sid: `' or true --` })],
    ['SQL as jti', withClaims({ jti: `' or true --` })],
    ['a payload that is no object', () => forge.seal(JSON.stringify(headerIn(device.token)), '[]')],
    ['a payload that is no JSON', () => forge.seal(JSON.stringify(headerIn(device.token)), 'sid')],
  ];

  const shapes: [string, () => string][] = [
    ['one part', () => 'abc'],
    ['two parts', () => device.token.split('.').slice(0, 2).join('.')],
    ['four parts', () => `${device.token}.x`],
    ['five parts (JWE) [RFC 8725 §3.3]', () => `${device.token}.x.y`],
    ['empty parts', () => '..'],
    [
      'a token inside a token [RFC 8725 §3.3]',
      () => forge.seal(JSON.stringify({ ...headerIn(device.token), cty: 'JWT' }), device.token),
    ],
    ['a character outside the alphabet [rfc8725bis §3.13]', () => device.token.replace('.', '.+')],
    ['a line folded into it', () => `${device.token.slice(0, 40)}\t${device.token.slice(40)}`],
    ['five thousand characters [v5.0.0-11.2.5]', () => 'a'.repeat(5000)],
    [
      'twelve thousand characters in three parts',
      () => `${'a'.repeat(6000)}.${'a'.repeat(5914)}.${'a'.repeat(86)}`,
    ],
    ['the refresh token in its place [v5.0.0-9.2.2]', () => device.refreshToken],
    ['the session id in its place', () => device.sessionId],
    ['letters beyond ASCII', () => 'ä.ö.ü'],
  ];

  it.each([...signatures, ...headers, ...claims, ...shapes])(
    'with %s gets the same 401 as any other',
    async (_what, make) => {
      const token = make();
      const reply = await api.as(token).get('/auth/session');
      const nonsense = await api.as('nonsense').get('/auth/session');
      expectProblem(reply, tokenInvalid);
      expect(withoutIdentity(reply)).toEqual(withoutIdentity(nonsense));
    },
  );

  it.each(['/auth/signout', '/auth/logout-all'])(
    'opens POST %s no more than a reading route',
    async (path) => {
      const before = await api.fingerprint();
      for (const make of [unsigned('none'), ours({ key: strangerKey }), withClaims({ aud: 'billing' })]) {
        expectProblem(await api.as(make()).post(path), tokenInvalid);
      }
      expect(await api.fingerprint()).toEqual(before);
    },
  );

  it('that names a session never issued creates none [session sheet: strict mode]', async () => {
    const before = await api.fingerprint();
    const reply = await api.as(forge.make({ claims: { sid: 'ab'.repeat(32) } })).get('/auth/session');
    expectProblem(reply, { status: 401, code: 'SESSION_ENDED' });
    expect(await api.fingerprint()).toEqual(before);
  });

  it('that names another user than the owner of the session is refused [v5.0.0-2.2.3]', async () => {
    const other = await api.register();
    const mixed = forge.make({ claims: { sub: other.userId } });
    expectProblem(await api.as(mixed).get('/auth/session'), { status: 401, code: 'SESSION_ENDED' });
    expectProblem(await api.as(mixed).get('/sessions'), { status: 401, code: 'SESSION_ENDED' });
  });
});

describe('a key that a token brings along', () => {
  it('is not fetched: whoever is named in jku, x5u or jwk is not asked [v5.0.0-9.1.3, RFC 8725 §3.10]', async () => {
    const asked: string[] = [];
    const trap = createServer((request, response) => {
      asked.push(request.url ?? '');
      const keys = [{ ...createPublicKey(strangerKey).export({ format: 'jwk' }), kid: 'trap', alg: 'ES256' }];
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const address = `http://127.0.0.1:${(trap.address() as AddressInfo).port}`;
    const jwk = createPublicKey(strangerKey).export({ format: 'jwk' });
    const claims = [{}, { iss: address }];
    const headers = [
      { jku: `${address}/jku` },
      { x5u: `${address}/x5u` },
      { jwk: { ...jwk, x5u: `${address}/jwk` } },
      { kid: `${address}/kid` },
      { kid: 'trap', jku: `${address}/jku` },
      {},
    ];
    for (const header of headers) {
      for (const claim of claims) {
        for (const key of [strangerKey, privateKey]) {
          const token = forge.make({ header, claims: claim, key });
          if (key === privateKey && Object.keys({ ...header, ...claim }).length === 0) continue;
          expectProblem(await api.as(token).get('/auth/session'), tokenInvalid);
        }
      }
    }
    trap.close();
    expect(asked).toEqual([]);
  });
});

describe('a token of another installation', () => {
  it.each([
    [
      'with another SECRET_KEY',
      { SECRET_KEY: '9d8c7b6a5f4e3d2c1b0a99887766554433221100ffeeddccbbaa0918273645f0' },
    ],
    ['with the same SECRET_KEY', {}],
  ])('%s is refused, in both directions', async (_how, env) => {
    const elsewhere = await startApi({ env });
    const stranger = await elsewhere.register();
    await stranger.get('/auth/session').expect(200);
    expectProblem(await api.as(stranger.token).get('/auth/session'), tokenInvalid);
    expectProblem(await elsewhere.as(device.token).get('/auth/session'), tokenInvalid);
  });
});

describe('the Authorization header', () => {
  const send = (value: string) => api.send('get', '/auth/session').set('authorization', value);

  it.each([
    ['Bearer', (token: string) => `Bearer ${token}`],
    ['bearer in lower case', (token: string) => `bearer ${token}`],
    ['BEARER in capitals', (token: string) => `BEARER ${token}`],
    ['two spaces', (token: string) => `Bearer  ${token}`],
    ['a space behind the token', (token: string) => `Bearer ${token} `],
  ])('is read with %s [RFC 6750 §2.1]', async (_how, write) => {
    await send(write(device.token)).expect(200);
  });

  it.each([
    ['no scheme', (token: string) => token],
    ['the scheme alone', () => 'Bearer'],
    ['the scheme Basic', (token: string) => `Basic ${base64url(`x:${token}`)}`],
    ['the scheme Token', (token: string) => `Token ${token}`],
    ['no space', (token: string) => `Bearer${token}`],
    ['a tab for a space', (token: string) => `Bearer\t${token}`],
    ['quotes', (token: string) => `Bearer "${token}"`],
    ['two tokens', (token: string) => `Bearer ${token} ${token}`],
    ['a list of credentials', (token: string) => `Bearer ${token}, Bearer ${token}`],
    ['the scheme twice', (token: string) => `Bearer Bearer ${token}`],
  ])('is refused with %s', async (_how, write) => {
    expectProblem(await send(write(device.token)), tokenInvalid);
  });

  it('must not come twice, whichever of the two is good [v5.0.0-15.3.7]', async () => {
    for (const pair of [
      [device.token, 'x'],
      ['x', device.token],
      [device.token, device.token],
    ]) {
      const reply = await send(pair.map((token) => `Bearer ${token}`) as unknown as string);
      expectProblem(reply, { status: 400, code: 'VALIDATION_FAILED' });
    }
  });

  it('is the only place but our cookie: query, body, other cookies and X-Session-ID are ignored [v5.0.0-14.2.1, RFC 6750 §2]', async () => {
    const { token, sessionId } = device;
    const nothing = { status: 401, code: 'UNAUTHENTICATED' } as const;
    for (const name of ['access_token', 'token', 'authorization', 'jwt']) {
      expectProblem(await api.send('get', `/auth/session?${name}=${token}`), nothing);
      expectProblem(await api.send('post', '/auth/logout-all').send({ [name]: token }), nothing);
    }
    const cookies = ['__Host-at', 'AT', 'rt', 'access_token', 'session']
      .map((name) => `${name}=${token}`)
      .join('; ');
    expectProblem(await api.send('get', '/auth/session').set('cookie', cookies), nothing);
    for (const name of [
      'x-session-id',
      'x-access-token',
      'x-user-id',
      'remote-user',
      'proxy-authorization',
    ]) {
      expectProblem(await api.send('get', '/auth/session').set(name, sessionId), nothing);
    }
    expectProblem(await send(''), nothing);
  });

  it('decides alone who asks, whatever other headers claim [v5.0.0-4.1.3, WSTG-ATHN-04]', async () => {
    const other = await api.register();
    const { body } = await device
      .get('/auth/session')
      .set({ 'x-user-id': other.userId, 'x-session-id': other.sessionId, 'remote-user': other.person.email })
      .expect(200);
    expect(body.data.user.id).toBe(device.userId);
  });
});

describe('the published keys', () => {
  const fetchKeys = () => api.root('get', '/.well-known/jwks.json');

  it('hold exactly the public members of the key that signs and its successor [RFC 7517, v5.0.0-11.6.1]', async () => {
    const { body, headers } = await fetchKeys().expect(200);
    const key = {
      kty: 'EC',
      crv: 'P-256',
      x: expect.stringMatching(/^[\w-]{43}$/),
      y: expect.stringMatching(/^[\w-]{43}$/),
      kid: expect.stringMatching(/^[\w-]{43}$/),
      use: 'sig',
      alg: 'ES256',
    };
    expect(body).toEqual({ keys: [key, key] });
    for (const { crv, kty, x, y, kid } of body.keys)
      expect(createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')).toBe(kid);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['cache-control']).toBe('public, max-age=300');
  });

  it('need not be sent again to whoever has them [RFC 9110 §13.1.2]', async () => {
    const { headers } = await fetchKeys().expect(200);
    const { etag } = headers as { etag: string };
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const reply = await fetchKeys().set('if-none-match', known);
      expect({ status: reply.status, text: reply.text }).toEqual({ status: 304, text: '' });
      expect(reply.headers.etag).toBe(etag);
      expect(reply.headers['cache-control']).toBe('public, max-age=300');
    }
    await fetchKeys().set('if-none-match', '"other"').expect(200);
  });

  it('verify an access token without asking us', async () => {
    const { body } = await fetchKeys().expect(200);
    const { kid } = headerIn(device.token);
    const jwk = (body.keys as JsonWebKey[]).find((each) => 'kid' in each && each.kid === kid)!;
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    const [header, payload, signature] = device.token.split('.') as [string, string, string];
    const signed = Buffer.from(`${header}.${payload}`);
    const isGenuine = verify(
      'sha256',
      signed,
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    expect(isGenuine).toBe(true);
  });
});

describe('what a token says', () => {
  it('is these claims and no personal data [63B-4 §5.1.1 content, v5.0.0-9.2.4]', async () => {
    const { reply, userId, sessionId, person } = await api.register(
      aPerson({ username: 'claimed', full_name: 'Claim Holder' }),
    );
    const { token } = api.as(reply.body.data.access_token);
    const authenticatedAt = Math.floor(Date.parse(reply.body.data.session.authenticated_at) / 1000);
    const claims = claimsIn(token);
    expect(headerIn(token)).toEqual({
      alg: 'ES256',
      typ: 'at+jwt',
      kid: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(claims).toEqual({
      iss: 'http://localhost:3000',
      aud: 'rollcall',
      sub: userId,
      sid: sessionId,
      client_id: 'rollcall',
      jti: expect.stringMatching(/^[\w-]{22}$/),
      iat: expect.any(Number),
      exp: (claims.iat as number) + 600,
      auth_time: authenticatedAt,
      amr: ['pwd'],
    });
    const said = JSON.stringify(claims);
    for (const personal of [person.email, 'claimed', 'Claim Holder', 'user"', '127.0.0.1']) {
      expect(said).not.toContain(personal);
    }
    expect(token.length).toBeLessThan(1024);
  });
});

/** The last of 86 characters carries four bits that no decoder looks at; any of them gives the same bytes. */
function respelled(signature: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(signature.at(-1)!);
  const other = `${signature.slice(0, -1)}${alphabet[last ^ 1]}`;
  expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(signature, 'base64url'));
  return other;
}
