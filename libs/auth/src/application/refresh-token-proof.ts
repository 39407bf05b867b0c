import { type Session, SessionAuthority } from '@app/sessions';
import { RefreshTokens } from '@app/tokens';
import { Injectable } from '@nestjs/common';

export interface ProvenRefreshToken {
  readonly session: Session;
  /** Of the token; the session's own tells which one is current. */
  readonly generation: number;
}

/** Whose refresh token is this, and did we make it? */
@Injectable()
export class RefreshTokenProof {
  constructor(
    private readonly tokens: RefreshTokens,
    private readonly sessions: SessionAuthority,
  ) {}

  /** Null for anything that is no refresh token of ours, spent or not. Asks Postgres only for what looks like one. */
  async of(token: string): Promise<ProvenRefreshToken | null> {
    const reference = this.tokens.parse(token);
    const session = reference && (await this.sessions.find(reference.sessionId));
    if (!session || !this.tokens.isGenuine(token, reference, session.refreshNonce)) return null;
    return { session, generation: reference.generation };
  }
}
