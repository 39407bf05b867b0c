import type { SessionId, UnitOfWork, UserId } from '@app/kernel';
import type { Session } from '../domain/session.js';
import type { Ending, SessionRepository } from '../domain/session-repository.js';

export interface SessionRepositorySubject {
  readonly sessions: SessionRepository;
  readonly work: UnitOfWork;
  /** A user to own sessions, another one each time. */
  aUser(): Promise<UserId>;
}

/** Minutes after an arbitrary moment. */
export const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1) + minute * 60_000);

let made = 0;

/** A session like a sign-in at minute 0 would give: idle limit at 30, absolute limit at 60. */
export function aSession(userId: UserId, changes: Partial<Session> = {}): Session {
  made += 1;
  return {
    id: String(made).padStart(64, '0') as SessionId,
    userId,
    gen: 0,
    profile: 'standard',
    createdAt: at(0),
    authenticatedAt: at(0),
    lastAccessAt: at(0),
    idleExpiresAt: at(30),
    expiresAt: at(60),
    client: {
      ipAddress: '2001:db8::7',
      userAgent: `Mozilla/5.0 "quoted" \\ 🙂 %s`,
      device: { browser: 'Firefox', os: null, kind: 'desktop' },
    },
    ipsUsed: ['2001:db8::7', '192.0.2.1'],
    requestCount: 3,
    refreshNonce: Buffer.from('00ff10', 'hex'),
    refreshGeneration: 2,
    refreshedAt: at(3),
    deviceKey: null,
    parentId: null,
    scope: 'full',
    label: null,
    ended: null,
    ...changes,
  };
}

/** What the parts of the contract speak with. */
export function repositoryStand(subject: () => SessionRepositorySubject) {
  const sessions = (): SessionRepository => subject().sessions;
  const signout = (minute: number, by: UserId | null = null): Ending => ({
    reason: 'signout',
    at: at(minute),
    by,
  });
  const ids = (found: readonly Session[]): SessionId[] => found.map(({ id }) => id);

  /** Sessions of one new user, one for each set of changes. */
  async function given(...changes: Partial<Session>[]): Promise<{ owner: UserId; all: Session[] }> {
    const owner = await subject().aUser();
    const all = changes.map((each) => aSession(owner, each));
    for (const session of all) await sessions().insert(session);
    return { owner, all };
  }

  return { given, ids, sessions, signout };
}
