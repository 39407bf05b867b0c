import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { asc, desc, lte, sql } from 'drizzle-orm';
import type { AuditRecord } from '../../domain/audit-record.js';
import { AuditStore, type ChainEdges } from '../../domain/audit-store.js';
import type { SignedState } from '../../domain/chain.js';
import { auditChainTable } from './audit-chain.table.js';
import { auditLogTable } from './audit-log.table.js';

const { seq, at, hash, previousHash } = auditLogTable;

/** The one row of `audit_chain`. */
export const onlyRow = 1;

@Injectable()
export class PostgresAuditStore extends AuditStore {
  constructor(private readonly database: Database) {
    super();
  }

  async lock(): Promise<SignedState | null> {
    const rows = await this.database.query((orm) => orm.select().from(auditChainTable).for('update'));
    return rows[0] ?? null;
  }

  async edges(): Promise<ChainEdges> {
    const [first] = await this.database.query((orm) =>
      orm.select({ seq, previousHash }).from(auditLogTable).orderBy(asc(seq)).limit(1),
    );
    const [last] = await this.database.query((orm) =>
      orm.select({ seq, hash }).from(auditLogTable).orderBy(desc(seq)).limit(1),
    );
    return { first: first ?? null, last: last ?? null };
  }

  async append(records: readonly AuditRecord[], state: SignedState): Promise<void> {
    // One parameter however many records.
    const rows = records.map((record) => ({ ...record, at: record.at.toISOString() }));
    await this.database.rows(sql`
      insert into ${auditLogTable} (seq, event_id, type, at, actor_kind, actor_id, user_id, session_id, token_id,
        note, ip_address, details, previous_hash, hash)
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as record
        (seq bigint, "eventId" bigint, type text, at timestamptz, "actorKind" text, "actorId" uuid, "userId" uuid,
         "sessionId" text, "tokenId" text, note text, "ipAddress" text, details jsonb, "previousHash" text, hash text)`);
    await this.keep(state);
  }

  oldest(limit: number): Promise<Pick<AuditRecord, 'seq' | 'at' | 'hash'>[]> {
    return this.database.query((orm) =>
      orm.select({ seq, at, hash }).from(auditLogTable).orderBy(asc(seq)).limit(limit),
    );
  }

  async shorten(state: SignedState): Promise<void> {
    await this.keep(state);
    await this.database.query((orm) => orm.delete(auditLogTable).where(lte(seq, state.purged)));
  }

  private async keep({ length, head, purged, anchor, purgedBefore, signature }: SignedState): Promise<void> {
    const set = { length, head, purged, anchor, purgedBefore, signature };
    await this.database.query((orm) =>
      orm
        .insert(auditChainTable)
        .values({ id: onlyRow, ...set })
        .onConflictDoUpdate({ target: auditChainTable.id, set }),
    );
  }
}
