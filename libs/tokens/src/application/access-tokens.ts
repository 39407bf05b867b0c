import type { TokensConfig } from '@app/config';
import { Clock, type SessionId, type TokenId, type UserId } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { z } from 'zod';
import {
  type AccessTokenClaims,
  firstPartyClientId,
  ownAudience,
  type TokenVerdict,
} from '../domain/access-token.js';
import { tokensConfigToken } from '../tokens.config.js';
import { KeyRing } from './key-ring.js';

const maxTokenLength = 4096;
const maxRemembered = 20_000;

/** Characters of a token's end, which is its signature, by which it is found again: hashing all of it takes a microsecond. */
const markLength = 32;

const compactForm = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/;

/**
 * Exactly these members: a token that names an algorithm, key source (`jku`, `x5u`, `jwk`) or critical extension
 * of its own choosing is not ours (RFC 8725 §3.1, RFC 7515 §4.1.11).
 */
const headerSchema = z.strictObject({
  alg: z.literal('ES256'),
  typ: z.literal('at+jwt'),
  kid: z.string().regex(/^[\w-]{1,64}$/),
});

/** Up to the year 9999: beyond what a Date holds, a token would compare as never expired. */
const seconds = z.int().positive().max(253_402_300_799);
const claimsSchema = z.object({
  sub: z.uuid(),
  sid: z.string().regex(/^[0-9a-f]{64}$/),
  jti: z.string().regex(/^[\w-]{22}$/),
  client_id: z.literal(firstPartyClientId),
  iat: seconds,
  exp: seconds,
  auth_time: seconds,
  amr: z.array(z.string()).readonly(),
});

interface Remembered {
  readonly token: string;
  readonly claims: AccessTokenClaims;
  readonly kid: string;
}

/**
 * Issues and checks access tokens (JWT profile of RFC 9068, ES256). A signature is verified once per token and
 * process, about 0.25 ms, and then remembered; whether the session behind it still lives is not decided here.
 */
@Injectable()
export class AccessTokens {
  private readonly remembered = new Map<string, Remembered>();

  constructor(
    private readonly jwt: JwtService,
    private readonly keys: KeyRing,
    private readonly clock: Clock,
    @Inject(tokensConfigToken)
    private readonly config: Pick<TokensConfig, 'issuer' | 'audience' | 'accessTtlSeconds'>,
  ) {}

  /** `notAfter` caps the life: no token outlives its session. */
  issue(of: {
    userId: UserId;
    sessionId: SessionId;
    tokenId: TokenId;
    authenticatedAt: Date;
    notAfter: Date;
    /** No other service may take it. */
    isForUsOnly?: boolean;
  }): IssuedAccessToken {
    const issuedAt = Math.floor(this.clock.now().getTime() / 1000);
    const sessionEnd = Math.floor(of.notAfter.getTime() / 1000);
    const expiresAt = Math.min(issuedAt + this.config.accessTtlSeconds, sessionEnd);
    const { kid, privateKey } = this.keys.signingKey();
    const claims = {
      iss: this.config.issuer,
      aud: of.isForUsOnly ? ownAudience(this.config.issuer) : this.config.audience,
      sub: of.userId,
      sid: of.sessionId,
      client_id: firstPartyClientId,
      jti: of.tokenId,
      iat: issuedAt,
      exp: expiresAt,
      auth_time: Math.floor(of.authenticatedAt.getTime() / 1000),
      amr: ['pwd'],
    };
    const text = this.jwt.sign(claims, {
      privateKey,
      algorithm: 'ES256',
      keyid: kid,
      header: { alg: 'ES256', typ: 'at+jwt' },
    });
    return { text, tokenId: of.tokenId, expiresInSeconds: expiresAt - issuedAt };
  }

  /** When every token issued until now will have died. */
  lastExpiry(): Date {
    return new Date(this.clock.now().getTime() + this.config.accessTtlSeconds * 1_000);
  }

  /** Never throws: whatever is not a token of ours is `invalid`. */
  verify(token: string): TokenVerdict {
    const known = this.recall(token) ?? this.verifySignature(token);
    if (!known || !this.isStillTrusted(known)) return { kind: 'invalid' };
    const { claims } = known;
    return { kind: claims.expiresAt.getTime() <= this.clock.now().getTime() ? 'expired' : 'valid', claims };
  }

  /**
   * Asked each time: a key may have been withdrawn since the signature was verified. A retired key signs nothing
   * new, so a token that outlives its last one was made by somebody else.
   */
  private isStillTrusted({ claims, kid }: Remembered): boolean {
    const key = this.keys.verifyingKey(kid);
    return key !== null && (key.lastTokenDies === null || claims.expiresAt <= key.lastTokenDies);
  }

  private verifySignature(token: string): Remembered | null {
    const kid = kidIn(token);
    const key = kid === null ? null : this.keys.verifyingKey(kid);
    if (kid === null || !key) return null;
    try {
      const payload = this.jwt.verify<object>(token, {
        // The declared type forgets KeyObject, which is what the verifier takes without parsing.
        publicKey: key.publicKey as unknown as Buffer,
        algorithms: ['ES256'],
        issuer: this.config.issuer,
        audience: [this.config.audience, ownAudience(this.config.issuer)],
        ignoreExpiration: true,
        clockTimestamp: Math.floor(this.clock.now().getTime() / 1000),
      });
      return this.remember({ token, claims: toClaims(claimsSchema.parse(payload)), kid });
    } catch {
      // Bad signature, foreign issuer or audience, not yet valid, or a shape we never issue: all the same outside.
      return null;
    }
  }

  private recall(token: string): Remembered | null {
    const known = this.remembered.get(token.slice(-markLength));
    return known?.token === token ? known : null;
  }

  private remember(verified: Remembered): Remembered {
    if (this.remembered.size >= maxRemembered) {
      const oldest = this.remembered.keys().next();
      if (!oldest.done) this.remembered.delete(oldest.value);
    }
    this.remembered.set(verified.token.slice(-markLength), verified);
    return verified;
  }
}

export interface IssuedAccessToken {
  readonly text: string;
  readonly tokenId: TokenId;
  readonly expiresInSeconds: number;
}

/** The key that a token of our form names, or null. */
function kidIn(token: string): string | null {
  if (token.length > maxTokenLength) return null;
  const [, header, , signature] = compactForm.exec(token) ?? [];
  if (!header || !signature || !isCanonical(signature)) return null;
  const parsed = headerSchema.safeParse(parseJson(Buffer.from(header, 'base64url').toString('utf8')));
  return parsed.success ? parsed.data.kid : null;
}

/** The last character of 86 carries four unused bits; only one spelling of them is accepted. */
function isCanonical(signature: string): boolean {
  return Buffer.from(signature, 'base64url').toString('base64url') === signature;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON, so not a header of ours.
    return null;
  }
}

function toClaims(raw: z.infer<typeof claimsSchema>): AccessTokenClaims {
  return {
    userId: raw.sub as UserId,
    sessionId: raw.sid as SessionId,
    tokenId: raw.jti as TokenId,
    issuedAt: new Date(raw.iat * 1000),
    expiresAt: new Date(raw.exp * 1000),
    authenticatedAt: new Date(raw.auth_time * 1000),
    methods: raw.amr,
  };
}
