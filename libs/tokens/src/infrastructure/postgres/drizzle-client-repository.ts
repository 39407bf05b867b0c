import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { asc, eq } from 'drizzle-orm';
import { type ClientKind, ClientRepository, type StoredClient } from '../../domain/client.js';
import { oauthClientsTable } from './oauth-clients.table.js';
import { hintOfChange } from './postgres-change-source.js';

@Injectable()
export class DrizzleClientRepository extends ClientRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async list(): Promise<StoredClient[]> {
    const rows = await this.database.query((orm) =>
      orm.select().from(oauthClientsTable).orderBy(asc(oauthClientsTable.createdAt), oauthClientsTable.id),
    );
    return rows.map(toClient);
  }

  async insert(client: StoredClient): Promise<void> {
    await this.database.run(async () => {
      await this.database.query((orm) => orm.insert(oauthClientsTable).values(client));
      await this.database.query(hintOfChange);
    });
  }

  change(id: string, change: (client: StoredClient) => StoredClient): Promise<StoredClient | null> {
    return this.database.run(async () => {
      const [row] = await this.database.query((orm) =>
        orm.select().from(oauthClientsTable).where(eq(oauthClientsTable.id, id)).for('update'),
      );
      if (!row) return null;
      const changed = change(toClient(row));
      await this.database.query((orm) =>
        orm.update(oauthClientsTable).set(changed).where(eq(oauthClientsTable.id, id)),
      );
      await this.database.query(hintOfChange);
      return changed;
    });
  }
}

function toClient(row: typeof oauthClientsTable.$inferSelect): StoredClient {
  return { ...row, kind: row.kind as ClientKind };
}
