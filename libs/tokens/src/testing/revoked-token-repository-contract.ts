import type { SessionId, TokenId, UnitOfWork, UserId } from '@app/kernel';
import type { RevokedTokenRepository } from '../domain/revoked-token-repository.js';

export interface RevokedTokenRepositorySubject {
  readonly tokens: RevokedTokenRepository;
  readonly work: UnitOfWork;
  readonly userId: UserId;
}

const sessionId = 'a'.repeat(64) as SessionId;
const expiresAt = new Date('2026-01-01T00:10:00Z');
let made = 0;

function aTokenId(): TokenId {
  made += 1;
  return `token-${made}` as TokenId;
}

/** What the check of a single revoked token relies on. */
export function revokedTokenRepositoryContract(subject: () => RevokedTokenRepositorySubject): void {
  const revoke = (tokenId: TokenId): Promise<void> =>
    subject().tokens.revoke({ tokenId, userId: subject().userId, sessionId, expiresAt });

  it('knows a token that was revoked, and no other', async () => {
    const [revoked, other] = [aTokenId(), aTokenId()];
    await revoke(revoked);

    expect(await subject().tokens.isRevoked(revoked)).toBe(true);
    expect(await subject().tokens.isRevoked(other)).toBe(false);
    expect(await subject().tokens.isRevoked(revoked.toUpperCase() as TokenId)).toBe(false);
  });

  it('takes the revocation of a revoked token without complaint, also several at once', async () => {
    const tokenId = aTokenId();
    await Promise.all([1, 2, 3, 4].map(() => revoke(tokenId)));
    await revoke(tokenId);

    expect(await subject().tokens.isRevoked(tokenId)).toBe(true);
  });

  it('purges what has died by itself, the oldest first, in bounded steps', async () => {
    const [oldest, old, living] = [aTokenId(), aTokenId(), aTokenId()];
    const { tokens, userId } = subject();
    const died = (minute: number): Date => new Date(Date.UTC(2025, 0, 1, 0, minute));
    await tokens.revoke({ tokenId: old, userId, sessionId, expiresAt: died(2) });
    await tokens.revoke({ tokenId: oldest, userId, sessionId, expiresAt: died(1) });
    await tokens.revoke({ tokenId: living, userId, sessionId, expiresAt: died(3) });
    const left = (): Promise<boolean[]> =>
      Promise.all([oldest, old, living].map((tokenId) => tokens.isRevoked(tokenId)));

    expect(await tokens.purge(died(3), 1)).toBe(1);
    expect(await left()).toEqual([false, true, true]);
    expect(await tokens.purge(died(3), 10)).toBe(1);
    expect(await tokens.purge(died(3), 10)).toBe(0);
    expect(await left()).toEqual([false, false, true]);
  });

  it('v5.0.0-2.3.3 forgets a revocation that is rolled back', async () => {
    const tokenId = aTokenId();
    const change = subject().work.run(async () => {
      await revoke(tokenId);
      throw new Error('no');
    });

    await expect(change).rejects.toThrow('no');
    expect(await subject().tokens.isRevoked(tokenId)).toBe(false);
  });
}
