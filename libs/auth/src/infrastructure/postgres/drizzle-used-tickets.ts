import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { UsedTickets } from '../../domain/used-tickets.js';
import { usedTicketsTable } from './used-tickets.table.js';

@Injectable()
export class DrizzleUsedTickets extends UsedTickets {
  constructor(private readonly database: Database) {
    super();
  }

  async use(id: string, expiresAt: Date): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .insert(usedTicketsTable)
        .values({ id, expiresAt })
        .onConflictDoNothing()
        .returning({ id: usedTicketsTable.id }),
    );
    return rows.length > 0;
  }
}
