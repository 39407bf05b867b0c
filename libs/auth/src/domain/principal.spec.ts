import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { AccessTokenClaims } from '@app/tokens';
import { judge, type Standing } from './principal.js';

/** Minutes after an arbitrary moment. */
const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1) + minute * 60_000);

const claims: AccessTokenClaims = {
  userId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as UserId,
  sessionId: 'a'.repeat(64) as SessionId,
  tokenId: 'jti' as TokenId,
  issuedAt: at(0),
  expiresAt: at(10),
  authenticatedAt: at(0),
  methods: ['pwd'],
};

function standing(changes: {
  user?: Partial<Standing['user']>;
  session?: Partial<Standing['session']>;
  revokedTokens?: readonly TokenId[];
}): Standing {
  return {
    user: {
      id: claims.userId,
      email: 'ann@corp.test',
      username: 'ann',
      fullName: 'Ann Lee',
      role: 'user',
      gen: 3,
      disabledAt: null,
      ...changes.user,
    },
    session: {
      id: claims.sessionId,
      profile: 'standard',
      scope: 'full',
      agent: null,
      gen: 3,
      createdAt: at(0),
      authenticatedAt: at(0),
      idleExpiresAt: at(30),
      expiresAt: at(60),
      ended: null,
      ...changes.session,
    },
    revokedTokens: changes.revokedTokens ?? [],
  };
}

describe(judge.name, () => {
  it('lets in the bearer of a live session, with what the store says about them', () => {
    const live = standing({ user: { role: 'admin' } });

    expect(judge(live, claims, at(1))).toEqual({
      kind: 'live',
      principal: { user: live.user, session: live.session, tokenId: 'jti', tokenExpiresAt: at(10) },
    });
  });

  it('v5.0.0-8.3.2 takes the role from the store, not from the token', () => {
    const forged = { ...claims, role: 'admin' } as AccessTokenClaims;

    expect(judge(standing({}), forged, at(1))).toMatchObject({ principal: { user: { role: 'user' } } });
  });

  it('refuses a session that the store does not know, without saying how it ended', () => {
    expect(judge(null, claims, at(1))).toEqual({ kind: 'ended', end: null });
  });

  it('v5.0.0-2.2.3 refuses a token whose subject is not the owner of its session', () => {
    const ofAnother = standing({ user: { id: '017f22e2-79b0-7cc3-98c4-000000000000' as UserId } });

    expect(judge(ofAnother, claims, at(1))).toEqual({ kind: 'ended', end: null });
  });

  it('says how and when an ended session ended', () => {
    const end = { at: at(5), reason: 'terminated' as const };

    expect(judge(standing({ session: { ended: end } }), claims, at(6))).toEqual({ kind: 'ended', end });
  });

  it.each([
    [29, 'live'],
    [30, 'expired'],
    [31, 'expired'],
  ])('v5.0.0-7.3.1 at minute %i of an idle limit of 30 the session is %s', (minute, kind) => {
    expect(judge(standing({}), claims, at(minute)).kind).toBe(kind);
  });

  it('v5.0.0-7.3.2 tells the absolute limit from the idle one', () => {
    const busy = standing({ session: { idleExpiresAt: at(99) } });

    expect(judge(busy, claims, at(60))).toEqual({
      kind: 'expired',
      end: { at: at(60), reason: 'expired_absolute' },
    });
  });

  it('v5.0.0-7.4.2 refuses every session of a disabled user', () => {
    const disabled = standing({ user: { disabledAt: at(2) } });

    expect(judge(disabled, claims, at(3))).toEqual({
      kind: 'ended',
      end: { at: at(2), reason: 'user_disabled' },
    });
  });

  it('refuses a session of an older generation, even one that no revocation touched', () => {
    expect(judge(standing({ user: { gen: 4 } }), claims, at(1))).toEqual({ kind: 'ended', end: null });
  });

  it('refuses a token revoked by itself while its session lives', () => {
    expect(judge(standing({ revokedTokens: [claims.tokenId] }), claims, at(1))).toEqual({
      kind: 'token-revoked',
    });
  });

  it('prefers the end of the session over every other explanation', () => {
    const end = { at: at(1), reason: 'signout' as const };
    const everything = standing({
      user: { disabledAt: at(2), gen: 9 },
      session: { ended: end },
      revokedTokens: [claims.tokenId],
    });

    expect(judge(everything, claims, at(5))).toEqual({ kind: 'ended', end });
  });

  it('leaves the expiry of the token to whoever checked it', () => {
    expect(judge(standing({}), claims, at(11)).kind).toBe('live');
  });
});
