import { randomBytes } from 'node:crypto';

/** The only source of randomness; a CSPRNG in production. */
export abstract class RandomSource {
  abstract bytes(length: number): Buffer;
}

export class CryptoRandomSource extends RandomSource {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }
}

/**
 * UUID version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits. Made here because PostgreSQL
 * offers `uuidv7()` only from 18 on.
 */
export function uuidV7(now: Date, random: RandomSource): string {
  const bytes = random.bytes(16);
  bytes.writeUIntBE(now.getTime(), 0, 6);
  bytes[6] = 0x70 | (bytes[6]! & 0x0f);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
