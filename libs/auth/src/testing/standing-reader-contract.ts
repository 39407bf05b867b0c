import type { SessionId, TokenId } from '@app/kernel';
import type { Session } from '@app/sessions';
import type { User } from '@app/users';
import type { StandingReader } from '../domain/standing-reader.js';

export interface StandingReaderSubject {
  readonly reader: StandingReader;
  /** A user with one live session. */
  aSession(): Promise<{ user: User; session: Session }>;
  /** Ends it with reason `terminated`. */
  end(session: Session): Promise<{ at: Date }>;
  revokeToken(tokenId: TokenId, of: { user: User; session: Session }): Promise<void>;
  /** Disables the user, who also gets a new generation and a new role. */
  disable(user: User, at: Date): Promise<void>;
}

/** What a session check relies on: one look at the truth, not a moment old. */
export function standingReaderContract(subject: () => StandingReaderSubject): void {
  it('is null for a session that does not exist', async () => {
    expect(await subject().reader.read('f'.repeat(64) as SessionId)).toBeNull();
  });

  it('tells how user and session of a live session stand', async () => {
    const { user, session } = await subject().aSession();
    const standing = await subject().reader.read(session.id);

    expect(standing).toEqual({
      user: {
        id: user.id,
        email: user.email,
        username: user.username,
        fullName: user.fullName,
        role: user.role,
        gen: user.gen,
        disabledAt: null,
      },
      session: {
        id: session.id,
        profile: session.profile,
        scope: 'full',
        agent: expect.any(String),
        gen: session.gen,
        createdAt: session.createdAt,
        authenticatedAt: session.authenticatedAt,
        idleExpiresAt: session.idleExpiresAt,
        expiresAt: session.expiresAt,
        ended: null,
      },
      revokedTokens: [],
    });
  });

  it('v5.0.0-14.2.6 reads no password hash and nothing else that a check does not need', async () => {
    const { session } = await subject().aSession();
    const standing = await subject().reader.read(session.id);

    expect(JSON.stringify(standing)).not.toMatch(/argon2|nonce|userAgent|192\.0\.2/i);
  });

  it('tells how and when a session ended', async () => {
    const { session } = await subject().aSession();
    const { at } = await subject().end(session);

    expect((await subject().reader.read(session.id))?.session.ended).toEqual({
      at,
      reason: 'terminated',
    });
  });

  it('names the tokens of the session that were revoked by themselves', async () => {
    const { user, session } = await subject().aSession();
    const revoked = `revoked-${session.id.slice(0, 8)}` as TokenId;
    await subject().revokeToken(revoked, { user, session });

    expect((await subject().reader.read(session.id))?.revokedTokens).toEqual([revoked]);
  });

  it('v5.0.0-8.3.2 sees a change of the user at once', async () => {
    const { user, session } = await subject().aSession();
    await subject().reader.read(session.id);
    const at = new Date('2026-01-01T00:00:00.123Z');
    await subject().disable(user, at);

    expect((await subject().reader.read(session.id))?.user).toMatchObject({
      disabledAt: at,
      gen: user.gen + 1,
      role: 'admin',
    });
  });

  it('tells different sessions apart when many are read at once', async () => {
    const given = await Promise.all(Array.from({ length: 8 }, () => subject().aSession()));
    const standings = await Promise.all(given.map(({ session }) => subject().reader.read(session.id)));

    expect(standings.map((standing) => standing?.user.id)).toEqual(given.map(({ user }) => user.id));
    expect(standings.map((standing) => standing?.session.id)).toEqual(given.map(({ session }) => session.id));
  });
}
