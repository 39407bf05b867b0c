import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { JwtService } from '@nestjs/jwt';
import { startKeys } from '../testing/key-parts.js';
import { AccessTokens } from './access-tokens.js';
import type { KeyRing } from './key-ring.js';

const config = { issuer: 'https://id.corp.test', audience: 'rollcall', accessTtlSeconds: 600 };
const userId = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as UserId;
const sessionId = 'ab'.repeat(32) as SessionId;
const tokenId = 'a-token-id-of-22-chars' as TokenId;
const farAway = new Date('2030-01-01T00:00:00Z');

type Json = Record<string, unknown>;

const encode = (part: Json | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
const es256 = (input: string, key: KeyObject): string =>
  signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

function publicJwkOf(keys: KeyRing) {
  return keys.published().keys.find(({ kid }) => kid === keys.signingKey().kid);
}

async function setup(overrides: Partial<typeof config> = {}) {
  const clock = new FakeClock(new Date('2026-01-01T00:00:00.250Z'));
  const { ring: keys, rotation } = await startKeys(clock);
  const tokens = new AccessTokens(new JwtService({}), keys, clock, {
    ...config,
    ...overrides,
  });
  const issue = (notAfter = farAway): string =>
    tokens.issue({ userId, sessionId, tokenId, authenticatedAt: clock.now(), notAfter }).text;
  const [header, payload] = issue().split('.').slice(0, 2).map(decode) as [Json, Json];
  /** Any header and payload, correctly signed with the real key. */
  const signed = (head: Json | string, body: Json | string): string => {
    const input = `${encode(head)}.${encode(body)}`;
    return `${input}.${es256(input, keys.signingKey().privateKey)}`;
  };
  const withHeader = (changes: Json): string => signed({ ...header, ...changes }, payload);
  const withClaims = (changes: Json): string => signed(header, { ...payload, ...changes });
  const verdict = (token: string): string => tokens.verify(token).kind;
  return { clock, keys, rotation, tokens, issue, header, payload, signed, withHeader, withClaims, verdict };
}

describe('an access token', () => {
  it('RFC 9068 §2 says at+jwt, ES256 and the claims of the profile, and nothing personal', async () => {
    const { header, payload, keys } = await setup();
    const issuedAt = Date.parse('2026-01-01T00:00:00Z') / 1000;

    expect(header).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: keys.signingKey().kid });
    expect(payload).toEqual({
      iss: 'https://id.corp.test',
      aud: 'rollcall',
      sub: userId,
      sid: sessionId,
      client_id: 'rollcall',
      jti: expect.stringMatching(/^[\w-]{22}$/),
      iat: issuedAt,
      exp: issuedAt + 600,
      auth_time: issuedAt,
      amr: ['pwd'],
    });
  });

  it('RFC 7517 verifies with the published key and nothing but node:crypto', async () => {
    const { issue, keys } = await setup();
    const [head, body, signature] = issue().split('.') as [string, string, string];
    const jwk = publicJwkOf(keys);

    const isGenuine = verifyBytes(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey({ key: { ...jwk }, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );

    expect(decode(head)['kid']).toBe(jwk!.kid);
    expect(isGenuine).toBe(true);
  });

  it('v5.0.0-10.4.8 never outlives its session', async () => {
    const { clock, tokens, verdict } = await setup();
    const notAfter = new Date(clock.now().getTime() + 90_500);
    const token = tokens.issue({ userId, sessionId, tokenId, authenticatedAt: clock.now(), notAfter });

    expect(token.expiresInSeconds).toBe(90);
    clock.set(new Date('2026-01-01T00:01:29.999Z'));
    expect(verdict(token.text)).toBe('valid');
    clock.set(new Date('2026-01-01T00:01:30Z'));
    expect(verdict(token.text)).toBe('expired');
  });
});

describe(AccessTokens.name, () => {
  it('gives back what a token of its own says', async () => {
    const { tokens, issue, payload } = await setup();
    const second = (name: string): Date => new Date((payload[name] as number) * 1000);

    expect(tokens.verify(issue())).toEqual({
      kind: 'valid',
      claims: {
        userId,
        sessionId,
        tokenId: expect.any(String),
        issuedAt: second('iat'),
        expiresAt: second('exp'),
        authenticatedAt: second('auth_time'),
        methods: ['pwd'],
      },
    });
  });

  it('accepts a token of another instance that shares the keys', async () => {
    const { clock, keys, issue } = await setup();
    const other = new AccessTokens(new JwtService({}), keys, clock, config);

    expect(other.verify(issue()).kind).toBe('valid');
  });

  it('v5.0.0-9.2.1 calls a token expired at the exact second, whether it saw it before or not', async () => {
    const { clock, issue, verdict } = await setup();
    const [seen, unseen] = [issue(), issue()];
    clock.set(new Date('2026-01-01T00:09:59.999Z'));
    expect(verdict(seen)).toBe('valid');
    clock.set(new Date('2026-01-01T00:10:00.000Z'));

    expect(verdict(seen)).toBe('expired');
    expect(verdict(unseen)).toBe('expired');
    clock.advance(365 * 86_400_000);
    expect(verdict(seen)).toBe('expired');
  });

  it.each([
    ['missing', { exp: undefined }],
    ['textual', { exp: '1893456000' }],
    ['null', { exp: null }],
    ['a fraction', { exp: 1893456000.5 }],
    ['negative', { exp: -1 }],
    ['zero', { exp: 0 }],
    ['beyond any date', { exp: 10_000_000_000_000 }],
    ['the largest safe number', { exp: Number.MAX_SAFE_INTEGER }],
    ['1e300', { exp: 1e300 }],
    ['a list', { exp: [1893456000] }],
  ])('v5.0.0-9.2.1 refuses a correctly signed token whose exp is %s', async (_what, changes) => {
    const { withClaims, verdict } = await setup();

    expect(verdict(withClaims(changes))).toBe('invalid');
  });

  it('v5.0.0-9.2.1 refuses an exp that overflows to infinity in JSON', async () => {
    const { signed, header, payload, verdict } = await setup();

    expect(verdict(signed(header, JSON.stringify(payload).replace(/"exp":\d+/, '"exp":1e999')))).toBe(
      'invalid',
    );
  });

  it('v5.0.0-9.2.1 refuses a token that is not valid yet', async () => {
    const { clock, withClaims, verdict } = await setup();
    const soon = Math.floor(clock.now().getTime() / 1000) + 61;

    expect(verdict(withClaims({ nbf: soon }))).toBe('invalid');
    expect(verdict(withClaims({ nbf: 'soon' }))).toBe('invalid');
  });

  it.each(['iss', 'aud', 'sub', 'sid', 'client_id', 'jti', 'iat', 'auth_time', 'amr'])(
    'RFC 9068 §2.2 refuses a correctly signed token without %s',
    async (claim) => {
      const { withClaims, verdict } = await setup();

      expect(verdict(withClaims({ [claim]: undefined }))).toBe('invalid');
    },
  );

  it.each([
    ['sub', 'ann@corp.test'],
    ['sub', { id: userId }],
    ['sid', sessionId.toUpperCase()],
    ['sid', 'short'],
    ['jti', '../../etc'],
    ['iat', '1767225600'],
    ['amr', 'pwd'],
  ])('refuses a correctly signed token whose %s is %j', async (claim, value) => {
    const { withClaims, verdict } = await setup();

    expect(verdict(withClaims({ [claim]: value }))).toBe('invalid');
  });

  it.each([
    ['another', 'https://evil.test'],
    ['one with a slash more', 'https://id.corp.test/'],
    ['one in another case', 'https://ID.corp.test'],
    ['a list', ['https://id.corp.test']],
    ['empty', ''],
  ])('RFC 8725 §3.8 refuses the issuer when it is %s', async (_what, iss) => {
    const { withClaims, verdict } = await setup();

    expect(verdict(withClaims({ iss }))).toBe('invalid');
  });

  it.each([
    ['another', 'billing'],
    ['one in another case', 'Rollcall'],
    ['a list without us', ['billing', 'rollcall2']],
    ['an empty list', []],
    ['a part of our name', 'roll'],
  ])('v5.0.0-9.2.3 v5.0.0-9.2.4 refuses the audience when it is %s', async (_what, aud) => {
    const { withClaims, verdict } = await setup();

    expect(verdict(withClaims({ aud }))).toBe('invalid');
  });

  it.each(['none', 'None', 'nOnE', 'NONE', ''])(
    'v5.0.0-9.1.2 refuses alg %j with and without a signature',
    async (alg) => {
      const { header, payload, withHeader, verdict } = await setup();
      const unsigned = `${encode({ ...header, alg })}.${encode(payload)}.`;

      expect(verdict(unsigned)).toBe('invalid');
      expect(verdict(unsigned.slice(0, -1))).toBe('invalid');
      expect(verdict(`${unsigned}${'A'.repeat(86)}`)).toBe('invalid');
      expect(verdict(withHeader({ alg }))).toBe('invalid');
    },
  );

  it.each(['es256', 'ES384', 'RS256', 'PS256', 'EdDSA', 'ES256K', ['ES256'], null, 7])(
    'v5.0.0-9.1.2 RFC 8725 §3.1 refuses alg %j on a correctly signed token',
    async (alg) => {
      const { withHeader, verdict } = await setup();

      expect(verdict(withHeader({ alg }))).toBe('invalid');
    },
  );

  it('v5.0.0-9.1.2 refuses HS256 keyed with the public key in every form one can get hold of', async () => {
    const { header, payload, keys, verdict } = await setup();
    const key = keys.verifyingKey(keys.signingKey().kid)!.publicKey;
    const forms = [
      key.export({ format: 'pem', type: 'spki' }),
      key.export({ format: 'der', type: 'spki' }),
      JSON.stringify(publicJwkOf(keys)),
      Buffer.from(publicJwkOf(keys)!.x, 'base64url'),
    ];
    const input = `${encode({ ...header, alg: 'HS256' })}.${encode(payload)}`;
    const forged = forms.map(
      (form) => `${input}.${createHmac('sha256', form).update(input).digest('base64url')}`,
    );

    expect(forged.map(verdict)).toEqual(forms.map(() => 'invalid'));
  });

  it('v5.0.0-9.1.2 refuses a token without alg', async () => {
    const { withHeader, verdict } = await setup();

    expect(verdict(withHeader({ alg: undefined }))).toBe('invalid');
  });

  it.each([
    undefined,
    '',
    'unknown',
    '../../../dev/null',
    "' or 1=1 --",
    '__proto__',
    'constructor',
    'kid\0',
    'k'.repeat(65),
    null,
    7,
    ['a'],
    {},
  ])('v5.0.0-9.1.3 RFC 8725 §3.10 refuses the kid %j', async (kid) => {
    const { withHeader, verdict } = await setup();

    expect(verdict(withHeader({ kid }))).toBe('invalid');
  });

  it('v5.0.0-9.1.3 refuses a token signed by a stranger under our kid', async () => {
    const { header, payload, verdict } = await setup();
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const input = `${encode(header)}.${encode(payload)}`;

    expect(verdict(`${input}.${es256(input, privateKey)}`)).toBe('invalid');
  });

  it('v5.0.0-9.1.3 refuses a token that brings the key it is signed with', async () => {
    const { header, payload, verdict } = await setup();
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' });
    const heads = [
      { ...header, jwk },
      { ...header, jwk, kid: undefined },
    ];
    const forged = heads.map((head) => {
      const input = `${encode(head)}.${encode(payload)}`;
      return `${input}.${es256(input, privateKey)}`;
    });

    expect(forged.map(verdict)).toEqual(['invalid', 'invalid']);
  });

  it.each([
    ['jku', 'https://evil.test/jwks.json'],
    ['x5u', 'https://evil.test/cert.pem'],
    ['jwk', { kty: 'EC', crv: 'P-256', x: 'a', y: 'b' }],
    ['x5c', ['MIIB']],
    ['x5t', 'abc'],
    ['cty', 'JWT'],
    ['zip', 'DEF'],
    ['b64', false],
  ])('v5.0.0-9.1.3 refuses a correctly signed token with %s in its header', async (name, value) => {
    const { withHeader, verdict } = await setup();

    expect(verdict(withHeader({ [name]: value }))).toBe('invalid');
  });

  it.each([[['exp']], [['b64']], [[]], ['exp']])(
    'RFC 7515 §4.1.11 refuses a correctly signed token with crit %j',
    async (crit) => {
      const { withHeader, verdict } = await setup();

      expect(verdict(withHeader({ crit }))).toBe('invalid');
    },
  );

  it.each([undefined, 'JWT', 'jwt', 'AT+JWT', 'application/at+jwt', 'refresh+jwt', 'logout+jwt', null])(
    'v5.0.0-9.2.2 RFC 9068 §2.1 refuses a correctly signed token of typ %j',
    async (typ) => {
      const { withHeader, verdict } = await setup();

      expect(verdict(withHeader({ typ }))).toBe('invalid');
    },
  );

  it('RFC 8725 §3.3 refuses an encrypted token and a nested one', async () => {
    const { header, signed, issue, verdict } = await setup();
    const jwe = [encode({ alg: 'dir', enc: 'A256GCM' }), '', ...['iv', 'text', 'tag'].map(encode)].join('.');

    expect(verdict(jwe)).toBe('invalid');
    expect(verdict(`${issue()}.${encode('more')}`)).toBe('invalid');
    expect(verdict(signed({ ...header, cty: 'JWT' }, issue()))).toBe('invalid');
    expect(verdict(signed(header, issue()))).toBe('invalid');
  });

  it('v5.0.0-9.1.1 refuses a token with any one bit flipped in any of its parts', async () => {
    const { issue, verdict } = await setup();
    const parts = issue().split('.');
    const forged = parts.flatMap((part, position) => {
      const bytes = Buffer.from(part, 'base64url');
      return Array.from({ length: bytes.length * 8 }, (_, bit) => {
        const changed = Buffer.from(bytes);
        changed[bit >> 3]! ^= 1 << (bit & 7);
        return parts.with(position, changed.toString('base64url')).join('.');
      });
    });

    expect(forged.length).toBeGreaterThan(2000);
    expect(forged.filter((each) => verdict(each) !== 'invalid')).toEqual([]);
  });

  it('v5.0.0-9.1.1 refuses a token put together from two genuine ones', async () => {
    const { clock, issue, verdict } = await setup();
    const one = issue().split('.');
    clock.advance(1_000);
    const two = issue().split('.');

    expect(verdict(one.with(1, two[1]!).join('.'))).toBe('invalid');
    expect(verdict(one.with(2, two[2]!).join('.'))).toBe('invalid');
  });

  it('RFC 7515 malleability: refuses every other spelling of the signature, seen before or not', async () => {
    const { issue, verdict } = await setup();
    const token = issue();
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');
    const same = alphabet
      .map((last) => token.slice(0, -1) + last)
      .filter((each) => each !== token)
      .filter((each) =>
        Buffer.from(each.slice(-86), 'base64url').equals(Buffer.from(token.slice(-86), 'base64url')),
      );
    const others = [...same, `${token}=`, `${token}==`, `${token} `, ` ${token}`, `${token}\n`, `${token}.`];

    expect(same).toHaveLength(15);
    expect(others.filter((each) => verdict(each) !== 'invalid')).toEqual([]);
    expect(verdict(token)).toBe('valid');
    expect(others.filter((each) => verdict(each) !== 'invalid')).toEqual([]);
  });

  it('RFC 7515 malleability: the mirrored signature of ECDSA names the same token id to revoke', async () => {
    const { tokens, issue } = await setup();
    const token = issue();
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const [head, body, signature] = token.split('.') as [string, string, string];
    const bytes = Buffer.from(signature, 'base64url');
    const mirrored = order - BigInt(`0x${bytes.toString('hex', 32)}`);
    bytes.write(mirrored.toString(16).padStart(64, '0'), 32, 'hex');

    const verdict = tokens.verify([head, body, bytes.toString('base64url')].join('.'));

    expect(verdict).toEqual(tokens.verify(token));
  });

  it.each([
    ['nothing', ''],
    ['dots', '..'],
    ['two parts', 'a.b'],
    ['text', 'not a token'],
    ['a header that is no JSON', `${encode('{')}.${encode({})}.${'A'.repeat(86)}`],
    ['a header that is a list', `${encode('[]')}.${encode({})}.${'A'.repeat(86)}`],
    ['a header that is null', `${encode('null')}.${encode({})}.${'A'.repeat(86)}`],
    ['characters outside the alphabet', 'é.é.é'],
  ])('rfc8725bis §3.13 refuses %s', async (_what, token) => {
    const { verdict } = await setup();

    expect(verdict(token)).toBe('invalid');
  });

  it('refuses a correctly signed payload that is no object', async () => {
    const { header, signed, verdict } = await setup();

    expect(['[]', 'null', '"text"', '7', '{'].map((body) => verdict(signed(header, body)))).toEqual(
      Array<string>(5).fill('invalid'),
    );
  });

  it('v5.0.0-11.2.5 refuses a correctly signed token of more than 4096 characters', async () => {
    const { withClaims, verdict } = await setup();

    expect(verdict(withClaims({ note: 'x'.repeat(2000) }))).toBe('valid');
    expect(verdict(withClaims({ note: 'x'.repeat(3000) }))).toBe('invalid');
  });

  it('remembers a bounded number of tokens', async () => {
    const { tokens, issue, withClaims, verdict } = await setup();
    const remembered = tokens['remembered'];
    verdict(issue());
    const [claims] = remembered.values();
    for (let index = 0; remembered.size < 20_000; index += 1) remembered.set(`filler ${index}`, claims!);

    expect([0, 1, 2].map((note) => verdict(withClaims({ note })))).toEqual(['valid', 'valid', 'valid']);
    expect(remembered.size).toBe(20_000);
  });
});
