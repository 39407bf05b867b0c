import { type KeyObject, sign as signBytes } from 'node:crypto';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { JwtService } from '@nestjs/jwt';
import { AccessTokens } from '../application/access-tokens.js';
import type { KeyRing } from '../application/key-ring.js';
import { startKeys } from './key-parts.js';

export const config = { issuer: 'https://id.corp.test', audience: 'rollcall', accessTtlSeconds: 600 };
export const userId = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as UserId;
export const sessionId = 'ab'.repeat(32) as SessionId;
export const tokenId = 'a-token-id-of-22-chars' as TokenId;
export const farAway = new Date('2030-01-01T00:00:00Z');

export type Json = Record<string, unknown>;

export const encode = (part: Json | string): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
export const decode = (part: string): Json => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
export const es256 = (input: string, key: KeyObject): string =>
  signBytes('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');

export function publicJwkOf(keys: KeyRing) {
  return keys.published().keys.find(({ kid }) => kid === keys.signingKey().kid);
}

/** A key ring with one key, what it issues, and what somebody with the key could have made of it. */
export async function setup(overrides: Partial<typeof config> = {}) {
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
