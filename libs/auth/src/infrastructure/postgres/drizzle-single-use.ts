import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { inArray, lte } from 'drizzle-orm';
import { type Spendable, SingleUse } from '../../domain/single-use.js';
import { spentChallengesTable } from './protection.table.js';

/** Rows of one sweep; nobody can spend what is over, so the rest may wait for the next. */
const purgeChunk = 5_000;

@Injectable()
export class DrizzleSingleUse extends SingleUse {
  constructor(private readonly database: Database) {
    super();
  }

  async spend({ id, expiresAt }: Spendable): Promise<boolean> {
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
    const { id, expiresAt } = spentChallengesTable;
    await this.database.query((orm) => {
      const over = orm.select({ id }).from(spentChallengesTable).where(lte(expiresAt, now)).limit(purgeChunk);
      return orm.delete(spentChallengesTable).where(inArray(id, over));
    });
  }
}
