import type { TokenId } from '@app/kernel';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { eq, inArray, lt } from 'drizzle-orm';
import { type RevokedToken, RevokedTokenRepository } from '../../domain/revoked-token-repository.js';
import { revokedTokensTable } from './revoked-tokens.table.js';

@Injectable()
export class DrizzleRevokedTokenRepository extends RevokedTokenRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async revoke({ tokenId, userId, sessionId, expiresAt }: RevokedToken): Promise<void> {
    await this.database.query((orm) =>
      orm
        .insert(revokedTokensTable)
        .values({ jti: tokenId, userId, sessionId, expiresAt })
        .onConflictDoNothing(),
    );
  }

  async isRevoked(tokenId: TokenId): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ jti: revokedTokensTable.jti })
        .from(revokedTokensTable)
        .where(eq(revokedTokensTable.jti, tokenId)),
    );
    return rows.length > 0;
  }

  async purge(before: Date, limit: number): Promise<number> {
    const rows = await this.database.query((orm) => {
      const dead = orm
        .select({ jti: revokedTokensTable.jti })
        .from(revokedTokensTable)
        .where(lt(revokedTokensTable.expiresAt, before))
        .orderBy(revokedTokensTable.expiresAt)
        .limit(limit);
      return orm
        .delete(revokedTokensTable)
        .where(inArray(revokedTokensTable.jti, dead))
        .returning({ jti: revokedTokensTable.jti });
    });
    return rows.length;
  }
}
