import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { lte } from 'drizzle-orm';
import { type AcceptedProof, SpentChallenges } from '../../domain/protection/proof-of-work.js';
import { spentChallengesTable } from './protection.table.js';

@Injectable()
export class DrizzleSpentChallenges extends SpentChallenges {
  constructor(private readonly database: Database) {
    super();
  }

  async spend({ id, expiresAt }: AcceptedProof): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .insert(spentChallengesTable)
        .values({ id, expiresAt })
        .onConflictDoNothing()
        .returning({ id: spentChallengesTable.id }),
    );
    return rows.length > 0;
  }

  async purge(now: Date): Promise<void> {
    await this.database.query((orm) =>
      orm.delete(spentChallengesTable).where(lte(spentChallengesTable.expiresAt, now)),
    );
  }
}
