import { errors, jwtVerify } from 'jose';
import { AuthorityError } from './authority.js';
import type { VerifiedToken } from './principal.js';
import type { PublishedKeys } from './published-keys.js';
import { RollcallException } from './rollcall.exception.js';
import type { Settings } from './rollcall.options.js';

/** Judges what a token says by itself (RFC 9068): signature, type, algorithm, issuer, audience and expiry, each pinned. */
export class TokenVerifier {
  constructor(
    private readonly keys: PublishedKeys,
    private readonly settings: Pick<Settings, 'issuer' | 'audience' | 'clockToleranceSeconds'>,
  ) {}

  /** Rejects with a RollcallException. */
  async verify(text: string): Promise<VerifiedToken> {
    const { issuer, audience, clockToleranceSeconds: clockTolerance } = this.settings;
    try {
      const { payload, protectedHeader } = await jwtVerify(text, this.keys.keyFor, {
        issuer,
        audience,
        clockTolerance,
        algorithms: ['ES256'],
        typ: 'at+jwt',
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp', 'auth_time'],
      });
      // Of a token that names no key nobody could tell whether the key was withdrawn.
      const { kid: keyId } = protectedHeader;
      if (typeof keyId !== 'string') throw new errors.JWSInvalid('names no key');
      const { sid, auth_time: authenticatedAt, amr } = payload;
      return {
        text,
        keyId,
        issuedAt: inTime(payload.iat),
        principal: {
          userId: payload.sub!,
          sessionId: String(sid),
          tokenId: payload.jti!,
          authenticatedAt: inTime(authenticatedAt),
          expiresAt: inTime(payload.exp),
          methods: Array.isArray(amr) ? amr.map(String) : [],
        },
      };
    } catch (error) {
      throw refusalOf(error);
    }
  }
}

function inTime(seconds: unknown): Date {
  return new Date(Number(seconds) * 1_000);
}

function refusalOf(error: unknown): RollcallException {
  if (error instanceof errors.JWTExpired)
    return RollcallException.refused('TOKEN_EXPIRED', 'The access token has expired.');
  if (error instanceof AuthorityError)
    return RollcallException.unavailable('The keys could not be had, so the token could not be checked.');
  if (error instanceof errors.JOSEError)
    return RollcallException.refused('TOKEN_INVALID', 'The token is not valid.');
  throw error;
}
