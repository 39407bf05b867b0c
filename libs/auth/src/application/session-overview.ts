import type { SessionId, UserId } from '@app/kernel';
import { Clock } from '@app/kernel';
import {
  type BulkPreview,
  BulkEnding,
  type BulkWish,
  type Session,
  SessionAuthority,
  SessionDirectory,
  type SessionFilter,
  SessionNotFoundError,
  type SessionPlace,
  type SessionSearch,
} from '@app/sessions';
import { UserDirectory, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';

/** A session and the e-mail address of its user; null if the user is gone. */
export interface OwnedSession {
  readonly session: Session;
  readonly email: string | null;
}

export interface OwnedSessionPage {
  readonly sessions: readonly OwnedSession[];
  /** A page may hold fewer sessions than asked for, and yet there is a next one. */
  readonly next: SessionPlace | null;
}

/** Whose sessions are meant, by a name that the sessions do not know. */
type Named<Filter> = Filter & { readonly email?: string };

/** Nobody's: no user has this id. */
const nobody = '00000000-0000-0000-0000-000000000000' as UserId;

/** Sessions of everybody with the people behind them, for administrators. */
@Injectable()
export class SessionOverview {
  constructor(
    private readonly directory: SessionDirectory,
    private readonly authority: SessionAuthority,
    private readonly bulk: BulkEnding,
    private readonly users: UserRepository,
    private readonly people: UserDirectory,
    private readonly clock: Clock,
  ) {}

  /** Newest first. */
  async list(
    of: Named<SessionSearch>,
    page: { size: number; after: SessionPlace | null },
  ): Promise<OwnedSessionPage> {
    const search = await this.resolved(of);
    const { sessions, next } = await this.directory.list(search, { ...page, now: this.clock.now() });
    return { sessions: await this.owned(sessions), next };
  }

  /** Throws SessionNotFoundError. */
  async get(id: SessionId): Promise<OwnedSession> {
    const session = await this.authority.find(id);
    if (!session) throw new SessionNotFoundError();
    const [owned] = await this.owned([session]);
    return owned!;
  }

  /** What a bulk end would end now. */
  async preview(wish: BulkWish): Promise<{ count: number; sample: readonly OwnedSession[] }> {
    const { count, sample }: BulkPreview = await this.bulk.preview(wish);
    return { count, sample: await this.owned(sample) };
  }

  /** The filter by the user's id; one that matches nothing for an address that nobody has. */
  async resolved<Filter extends SessionFilter>({ email, ...of }: Named<Filter>): Promise<SessionFilter> {
    if (email === undefined) return of;
    const found = await this.users.findCredentials({ email });
    const isOther = of.userId !== undefined && of.userId !== found?.user.id;
    return { ...of, userId: found && !isOther ? found.user.id : nobody };
  }

  private async owned(sessions: readonly Session[]): Promise<OwnedSession[]> {
    if (sessions.length === 0) return [];
    const emails = await this.people.emailsOf(sessions.map(({ userId }) => userId));
    return sessions.map((session) => ({ session, email: emails.get(session.userId) ?? null }));
  }
}
