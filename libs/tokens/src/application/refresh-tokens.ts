import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseSessionId, ServerSecret, type SessionId, type TokenId } from '@app/kernel';
import { Injectable } from '@nestjs/common';

const sidBytes = 32;
const generationBytes = 4;
const macBytes = 32;
const length = sidBytes + generationBytes + macBytes;

/** What a refresh token claims to be; its MAC still has to be checked against the session's nonce. */
export interface RefreshTokenReference {
  readonly sessionId: SessionId;
  readonly generation: number;
}

/**
 * Refresh tokens are derived, not stored: session id, generation (masked, so that tokens show no pattern) and a
 * MAC over both and the session's random nonce. The same generation always gives the same token, which makes
 * repeated and parallel refreshes harmless, and a copy of the database without SECRET_KEY opens nothing.
 */
@Injectable()
export class RefreshTokens {
  private readonly macKey: Buffer;
  private readonly maskKey: Buffer;
  private readonly idKey: Buffer;

  constructor(secret: ServerSecret) {
    this.macKey = secret.deriveKey('rollcall/refresh-token/v1');
    this.maskKey = secret.deriveKey('rollcall/refresh-token-mask/v1');
    this.idKey = secret.deriveKey('rollcall/access-token-id/v1');
  }

  derive(of: RefreshTokenReference, nonce: Buffer): string {
    const sid = Buffer.from(of.sessionId, 'hex');
    return Buffer.concat([
      sid,
      this.masked(sid, of.generation),
      this.mac(sid, of.generation, nonce),
    ]).toString('base64url');
  }

  /** Null for anything that does not have the form of a refresh token. */
  parse(token: string): RefreshTokenReference | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== length || bytes.toString('base64url') !== token) return null;
    const sid = bytes.subarray(0, sidBytes);
    const sessionId = parseSessionId(sid.toString('hex'));
    const masked = bytes.readUInt32BE(sidBytes);
    return sessionId && { sessionId, generation: (masked ^ this.mask(sid)) >>> 0 };
  }

  /** Constant-time comparison with what `derive` makes. */
  isGenuine(token: string, of: RefreshTokenReference, nonce: Buffer): boolean {
    const expected = Buffer.from(this.derive(of, nonce));
    const given = Buffer.from(token);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  /**
   * The `jti` of the access tokens issued with this refresh token. Derived, so that spending the refresh token can
   * put them on the blacklist although nobody kept their ids.
   */
  accessTokenId(of: RefreshTokenReference, nonce: Buffer): TokenId {
    const sid = Buffer.from(of.sessionId, 'hex');
    const digest = createHmac('sha256', this.idKey).update(nonce).update(sid).update(counted(of.generation));
    return digest.digest().subarray(0, 16).toString('base64url') as TokenId;
  }

  private mac(sid: Buffer, generation: number, nonce: Buffer): Buffer {
    return createHmac('sha256', this.macKey).update(nonce).update(sid).update(counted(generation)).digest();
  }

  private mask(sid: Buffer): number {
    return createHmac('sha256', this.maskKey).update(sid).digest().readUInt32BE(0);
  }

  private masked(sid: Buffer, generation: number): Buffer {
    const bytes = Buffer.alloc(generationBytes);
    bytes.writeUInt32BE((generation ^ this.mask(sid)) >>> 0);
    return bytes;
  }
}

function counted(generation: number): Buffer {
  const counter = Buffer.alloc(generationBytes);
  counter.writeUInt32BE(generation);
  return counter;
}
