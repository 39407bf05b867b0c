import { UnitOfWork } from '@app/kernel';
import { type ClientFacts, SessionShares, ShareInvalidError } from '@app/sessions';
import { UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { type SignedIn, TokenIssuer } from './token-issuer.js';

/** Turns the link of a share into a session that may only read. */
@Injectable()
export class SharedSessions {
  constructor(
    private readonly shares: SessionShares,
    private readonly users: UserRepository,
    private readonly tokens: TokenIssuer,
    private readonly work: UnitOfWork,
  ) {}

  /** Throws ShareInvalidError for whatever is wrong with the link. */
  async redeem(token: string, client: ClientFacts): Promise<SignedIn> {
    return this.work.run(async () => {
      const share = await this.shares.find(token);
      const locked = share && (await this.users.lock(share.userId));
      if (!share || !locked || locked.user.disabledAt) throw new ShareInvalidError();
      const { user } = locked;
      const session = await this.shares.redeem(share, { gen: user.gen, client });
      return this.tokens.issue(user, session);
    });
  }
}
