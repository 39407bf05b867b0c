import { createHmac, generateKeyPairSync } from 'node:crypto';
import { encode, es256, publicJwkOf, setup } from '../testing/token-forge.js';

describe('a forged access token', () => {
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
});
