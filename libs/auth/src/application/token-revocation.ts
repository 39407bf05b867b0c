import { EventLog } from '@app/event-log';
import { Clock, UnitOfWork } from '@app/kernel';
import { type Propagation, RevocationBroadcast } from '@app/sessions';
import { type AccessTokenClaims, RevokedTokenRepository } from '@app/tokens';
import { Injectable } from '@nestjs/common';

/** Revokes one access token while its session lives: durable, and under the same promise as ending a session. */
@Injectable()
export class TokenRevocation {
  constructor(
    private readonly tokens: RevokedTokenRepository,
    private readonly broadcast: RevocationBroadcast,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** May be repeated, e.g. until it is proven to hold everywhere. */
  async revoke({ tokenId, userId, sessionId, expiresAt }: AccessTokenClaims): Promise<Propagation> {
    const transaction = await this.work.run(async () => {
      await this.tokens.revoke({ tokenId, userId, sessionId, expiresAt });
      await this.events.append([{ type: 'token.revoked', userId, sessionId, tokenId, at: this.clock.now() }]);
      return this.events.transaction();
    });
    const tokens = [{ id: tokenId, sessionId, expiresAt }];
    const burial = { userId, sessions: [], generation: null, tokens };
    return this.broadcast.settle({ transaction, burial });
  }
}
