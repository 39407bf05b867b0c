import fc from 'fast-check';
import { CryptoRandomSource, RandomSource, uuidV7 } from './random-source.js';

class FixedBytes extends RandomSource {
  constructor(private readonly fixed: Uint8Array) {
    super();
  }

  bytes(length: number): Buffer {
    return Buffer.from(this.fixed.subarray(0, length));
  }
}

const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });
const millisecond = fc.integer({ min: 0, max: 2 ** 48 - 1 });

describe(uuidV7.name, () => {
  it('gives the example of RFC 9562 appendix A.6', () => {
    const random = new FixedBytes(Buffer.from('0000000000000cc318c4dc0c0c07398f', 'hex'));

    expect(uuidV7(new Date('2022-02-22T19:22:22.000Z'), random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
  });

  it('says version 7 and the RFC variant whatever the random bytes are', () => {
    fc.assert(
      fc.property(millisecond, sixteenBytes, (time, bytes) => {
        expect(uuidV7(new Date(time), new FixedBytes(bytes))).toMatch(
          /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
        );
      }),
    );
  });

  it('sorts as text by the millisecond of its making, whatever the random bytes are', () => {
    fc.assert(
      fc.property(millisecond, millisecond, sixteenBytes, sixteenBytes, (one, other, left, right) => {
        fc.pre(one !== other);
        const [earlier, later] = one < other ? [one, other] : [other, one];

        expect(
          uuidV7(new Date(earlier), new FixedBytes(left)) < uuidV7(new Date(later), new FixedBytes(right)),
        ).toBe(true);
      }),
    );
  });

  it('leaves 74 bits to chance', () => {
    const now = new Date(0);

    expect(uuidV7(now, new FixedBytes(new Uint8Array(16).fill(0xff)))).toBe(
      '00000000-0000-7fff-bfff-ffffffffffff',
    );
    expect(uuidV7(now, new FixedBytes(new Uint8Array(16)))).toBe('00000000-0000-7000-8000-000000000000');
  });
});

describe(CryptoRandomSource.name, () => {
  it('v5.0.0-7.2.3 gives as many bytes as asked for and never the same twice', () => {
    const source = new CryptoRandomSource();
    const drawn = Array.from({ length: 1000 }, () => source.bytes(32));

    expect(drawn.every((bytes) => bytes.length === 32)).toBe(true);
    expect(new Set(drawn.map((bytes) => bytes.toString('hex'))).size).toBe(1000);
  });
});
