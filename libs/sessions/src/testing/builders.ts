import type { SessionLifetime, SessionsConfig } from '@app/config';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { CachedSession, SessionKey } from '../domain/coherence/entry-store.js';

let made = 0;

/** Somebody that no other test knows; all in partition 0xab unless told. */
export function aUserId(partition = 'ab'): UserId {
  made += 1;
  return `019a9f3e-7c41-7d1b-9a55-${made.toString(16).padStart(10, '0')}${partition}` as UserId;
}

export function aSessionId(): SessionId {
  made += 1;
  return made.toString(16).padStart(64, '0') as SessionId;
}

export function aTokenId(): TokenId {
  made += 1;
  return `token-${made}` as TokenId;
}

/** Read at position 100 at noon of the fake clock's first day, good for a week. */
export function aCachedSession(traits: Partial<CachedSession> = {}): CachedSession {
  const at = (text: string): Date => new Date(`2026-01-${text}:00:00Z`);
  return {
    position: 100,
    database: '7000000000000000000/00000001',
    userId: aUserId(),
    sessionId: aSessionId(),
    gen: 0,
    profile: 'standard',
    scope: 'full',
    agent: null,
    createdAt: at('01T00'),
    authenticatedAt: at('01T00'),
    idleExpiresAt: at('02T00'),
    expiresAt: at('08T00'),
    readAt: at('01T00'),
    revokedTokens: [],
    user: ['ann@example.com', null, 'Ann', 'user'],
    ...traits,
  };
}

export function keyOf({ userId, sessionId }: CachedSession): SessionKey {
  return { userId, sessionId, tokenId: aTokenId() };
}

/** Uses are gathered for ten seconds; every profile has the given lifetime. */
export function aSessionsConfig(lifetime: SessionLifetime): SessionsConfig {
  return {
    instanceName: 'alone',
    fallback: 'database',
    bindUserAgent: 'off',
    localCacheMs: 0,
    limit: 5,
    limitPolicy: 'evict_oldest',
    lifetimes: { standard: lifetime, strict: lifetime, admin: lifetime, remember: lifetime },
    refreshGraceSeconds: 10,
    activityFlushSeconds: 10,
  };
}
