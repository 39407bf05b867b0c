import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { lte } from 'drizzle-orm';
import { type Spendable, SingleUse } from '../../domain/single-use.js';
import { spentChallengesTable } from './protection.table.js';

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
    await this.database.query((orm) =>
      orm.delete(spentChallengesTable).where(lte(spentChallengesTable.expiresAt, now)),
    );
  }
}
