import { createPublicKey, verify as verifyBytes } from 'node:crypto';
import { JwtService } from '@nestjs/jwt';
import { config, userId, sessionId, tokenId, decode, publicJwkOf, setup } from '../testing/token-forge.js';
import { AccessTokens } from './access-tokens.js';

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
