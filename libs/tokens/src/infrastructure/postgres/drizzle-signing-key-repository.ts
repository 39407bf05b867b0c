import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { desc } from 'drizzle-orm';
import { type PublicJwk, SigningKeyRepository, type StoredSigningKey } from '../../domain/signing-key.js';
import { signingKeysTable } from './signing-keys.table.js';

@Injectable()
export class DrizzleSigningKeyRepository extends SigningKeyRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async listCurrent(): Promise<StoredSigningKey[]> {
    const rows = await this.database.query((orm) =>
      orm.select().from(signingKeysTable).orderBy(desc(signingKeysTable.createdAt)),
    );
    return rows.map((row) => ({ ...row, publicJwk: row.publicJwk as PublicJwk }));
  }

  async insertUnlessActive(key: StoredSigningKey): Promise<void> {
    await this.database.query((orm) => orm.insert(signingKeysTable).values(key).onConflictDoNothing());
  }
}
