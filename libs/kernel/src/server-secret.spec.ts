import fc from 'fast-check';
import { Sealer, ServerSecret, UnsealError } from './server-secret.js';

const secret = new ServerSecret(Buffer.from('a root secret that only these tests use'));
const other = new ServerSecret(Buffer.from('a root secret of another installation'));

describe(ServerSecret.name, () => {
  it('derives 32 bytes that depend on nothing but secret and purpose', () => {
    const same = new ServerSecret(Buffer.from('a root secret that only these tests use'));

    expect(secret.deriveKey('one/v1')).toHaveLength(32);
    expect(secret.deriveKey('one/v1')).toEqual(same.deriveKey('one/v1'));
  });

  it('derives another key for every purpose and every secret', () => {
    const keys = [secret, other].flatMap((root) =>
      ['one/v1', 'one/v2', 'two/v1', ''].map((purpose) => root.deriveKey(purpose).toString('hex')),
    );

    expect(new Set(keys).size).toBe(keys.length);
  });

  it('follows RFC 5869 with SHA-256 and an empty salt (test case 3)', () => {
    const root = new ServerSecret(Buffer.alloc(22, 0x0b));

    expect(root.deriveKey('').toString('hex')).toBe(
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
    );
  });
});

describe(Sealer.name, () => {
  const sealer = secret.sealer('tests/v1');

  it('opens what it sealed, however long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (plain, context) => {
        expect(sealer.open(sealer.seal(Buffer.from(plain), context), context)).toEqual(Buffer.from(plain));
      }),
    );
  });

  it('v5.0.0-11.3.3 refuses a value in which any one byte was changed', () => {
    const sealed = sealer.seal(Buffer.from('the private key'), 'kid-1');

    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index]! ^= 1;
      expect(() => sealer.open(changed, 'kid-1')).toThrow(UnsealError);
    }
  });

  it('refuses a value that was cut short at any byte', () => {
    const sealed = sealer.seal(Buffer.from('the private key'), 'kid-1');

    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.open(sealed.subarray(0, length), 'kid-1')).toThrow(UnsealError);
    }
  });

  it('refuses a value that was moved to another row', () => {
    expect(() => sealer.open(sealer.seal(Buffer.from('x'), 'kid-1'), 'kid-2')).toThrow(UnsealError);
  });

  it.each([
    ['another purpose', secret.sealer('tests/v2')],
    ['another secret', other.sealer('tests/v1')],
  ])('refuses a value sealed for %s', (_whose, stranger) => {
    expect(() => sealer.open(stranger.seal(Buffer.from('x'), 'kid-1'), 'kid-1')).toThrow(UnsealError);
  });

  it('v5.0.0-11.3.4 uses a new nonce for every value, so equal values look different', () => {
    const sealed = Array.from({ length: 1000 }, () => sealer.seal(Buffer.from('the same'), 'kid-1'));
    const nonces = new Set(sealed.map((value) => value.toString('hex', 0, 12)));
    const ciphertexts = new Set(sealed.map((value) => value.toString('hex', 12)));

    expect(nonces.size).toBe(1000);
    expect(ciphertexts.size).toBe(1000);
  });

  it('tells neither key nor value when it refuses', () => {
    const sealed = secret.sealer('tests/v2').seal(Buffer.from('the private key'), 'kid-1');

    expect(() => sealer.open(sealed, 'kid-1')).toThrow(
      'The sealed value does not open with this SECRET_KEY.',
    );
  });
});
