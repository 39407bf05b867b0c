import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { desc, inArray, sql } from 'drizzle-orm';
import {
  type KeyChanges,
  type PublicJwk,
  SigningKeyRepository,
  type StoredSigningKey,
} from '../../domain/signing-key.js';
import { hintOfChange } from './postgres-change-source.js';
import { signingKeysTable } from './signing-keys.table.js';

/** Any fixed number; advisory locks of other applications on the same database should not share it. */
const keysLock = 7_255_500_002;

const excluded = (column: string) => sql.raw(`excluded.${column}`);

@Injectable()
export class DrizzleSigningKeyRepository extends SigningKeyRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async list(): Promise<StoredSigningKey[]> {
    const rows = await this.database.query((orm) =>
      orm.select().from(signingKeysTable).orderBy(desc(signingKeysTable.createdAt), signingKeysTable.kid),
    );
    return rows.map((row) => ({ ...row, publicJwk: row.publicJwk as PublicJwk }));
  }

  async change(
    decide: (keys: readonly StoredSigningKey[]) => KeyChanges,
    record: (changes: KeyChanges) => Promise<void> = async () => undefined,
  ): Promise<void> {
    await this.database.run(async () => {
      await this.database.query((orm) => orm.execute(sql`select pg_advisory_xact_lock(${keysLock})`));
      const changes = decide(await this.list());
      const { put, remove } = changes;
      if (put.length > 0) await this.put(put);
      if (remove.length > 0) await this.remove(remove);
      if (put.length + remove.length === 0) return;
      await record(changes);
      await this.database.query(hintOfChange);
    });
  }

  /** One statement, which goes through the rows in the order given. */
  private async put(keys: readonly StoredSigningKey[]): Promise<void> {
    await this.database.query((orm) =>
      orm
        .insert(signingKeysTable)
        .values([...keys])
        .onConflictDoUpdate({
          target: signingKeysTable.kid,
          set: {
            sealedPrivateKey: excluded('sealed_private_key'),
            signsFrom: excluded('signs_from'),
            retiredAt: excluded('retired_at'),
            withdrawnAt: excluded('withdrawn_at'),
          },
        }),
    );
  }

  private async remove(kids: readonly string[]): Promise<void> {
    await this.database.query((orm) =>
      orm.delete(signingKeysTable).where(inArray(signingKeysTable.kid, [...kids])),
    );
  }
}
