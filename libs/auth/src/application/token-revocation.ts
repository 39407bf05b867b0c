import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork } from '@app/kernel';
import { type Burial, type Propagation, RevocationBroadcast, SessionAuthority } from '@app/sessions';
import {
  type AccessTokenClaims,
  AccessTokens,
  type Client,
  type RevokedToken,
  RevokedTokenRepository,
  UnauthorizedClientError,
} from '@app/tokens';
import { Injectable } from '@nestjs/common';
import { RefreshTokenProof } from './refresh-token-proof.js';

/** Revokes one access token while its session lives: durable, and under the same promise as ending a session. */
@Injectable()
export class TokenRevocation {
  constructor(
    private readonly tokens: RevokedTokenRepository,
    private readonly accessTokens: AccessTokens,
    private readonly refreshTokens: RefreshTokenProof,
    private readonly sessions: SessionAuthority,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** May be repeated, e.g. until it is proven to hold everywhere. */
  async revoke(
    { tokenId, userId, sessionId, expiresAt }: AccessTokenClaims,
    client?: Client,
  ): Promise<Propagation> {
    const transaction = await this.work.run(async () => {
      await this.mark({ tokenId, userId, sessionId, expiresAt }, client);
      return this.events.transaction();
    });
    return this.broadcast.settle({
      transaction,
      burial: burialOf({ tokenId, userId, sessionId, expiresAt }),
    });
  }

  /** The durable half, within the caller's unit of work; whose wish it was, unless it goes with a refresh. */
  async mark({ tokenId, userId, sessionId, expiresAt }: RevokedToken, client?: Client): Promise<void> {
    await this.tokens.revoke({ tokenId, userId, sessionId, expiresAt });
    const payload = client && { client: client.id };
    const event = {
      type: 'token.revoked',
      userId,
      sessionId,
      tokenId,
      payload,
      at: this.clock.now(),
    } as const;
    await this.events.append([event]);
  }

  /**
   * After the commit: enforced here and wherever the cache is asked, and within a poll everywhere else. Takes as long
   * as the cache does, 100 ms at most.
   */
  async announce(token: RevokedToken): Promise<void> {
    await this.broadcast.announce(burialOf(token));
  }

  /**
   * RFC 7009: an access token is revoked alone, a refresh token, current or spent, takes its session along. What is
   * dead or unknown already is `complete`. Rejects with UnauthorizedClientError: tokens belong to the installation's
   * own applications, so a service that was only shown one may not end it.
   */
  async revokePresented(token: string, client: Client): Promise<Propagation> {
    if (client.kind !== 'application') throw new UnauthorizedClientError();
    const access = this.accessTokens.verify(token);
    if (access.kind === 'valid') return this.revoke(access.claims, client);
    const refresh = access.kind === 'expired' ? null : await this.refreshTokens.of(token);
    if (!refresh) return 'complete';
    const { id, userId } = refresh.session;
    return (await this.sessions.end(id, { userId }, 'signout')).propagation;
  }
}

function burialOf({ tokenId, userId, sessionId, expiresAt }: RevokedToken): Burial {
  return { userId, sessions: [], generation: null, tokens: [{ id: tokenId, sessionId, expiresAt }] };
}
