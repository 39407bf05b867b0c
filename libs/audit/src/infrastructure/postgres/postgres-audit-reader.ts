import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, asc, desc, eq, gt, gte, lt, max, type SQL, sql } from 'drizzle-orm';
import type { AuditRecord } from '../../domain/audit-record.js';
import {
  type AuditPage,
  type AuditPlace,
  AuditReader,
  type AuditSearch,
  type Comparison,
  type PageWish,
} from '../../domain/audit-reader.js';
import type { SignedState } from '../../domain/chain.js';
import type { Verification } from '../../domain/finding.js';
import { auditChainTable, auditVerificationTable } from './audit-chain.table.js';
import { auditLogTable } from './audit-log.table.js';
import { comparison, type ComparisonRow } from './comparison.js';
import { onlyRow } from './postgres-audit-store.js';

const { seq, at } = auditLogTable;

/** Rows that one page looks at where more is asked for than an index can tell; 20,000 take some 50 ms of 350. */
const usualStretch = 20_000;

@Injectable()
export class PostgresAuditReader extends AuditReader {
  private stretchOfPage = usualStretch;

  constructor(private readonly database: Database) {
    super();
  }

  /** For tests: shorter stretches. */
  static reaching(database: Database, stretch: number): PostgresAuditReader {
    return Object.assign(new PostgresAuditReader(database), { stretchOfPage: stretch });
  }

  async standing(): Promise<{ state: SignedState | null; last: number | null }> {
    const rows = await this.database.query((orm) => {
      const last = orm
        .select({ last: max(seq).as('last') })
        .from(auditLogTable)
        .as('log');
      return orm
        .select({ state: auditChainTable, last: last.last })
        .from(last)
        .leftJoin(auditChainTable, eq(auditChainTable.id, onlyRow));
    });
    return rows[0]!;
  }

  stretch(after: number, limit: number): Promise<AuditRecord[]> {
    return this.database.query((orm) =>
      orm.select().from(auditLogTable).where(gt(seq, after)).orderBy(asc(seq)).limit(limit),
    );
  }

  async list(search: AuditSearch, wish: PageWish): Promise<AuditPage> {
    const { indexed, looking } = conditionsOf(search, wish);
    const end = looking ? await this.endOfStretch(indexed, wish.order) : null;
    const records = await this.database.query((orm) =>
      orm
        .select()
        .from(auditLogTable)
        .where(and(indexed, looking, end ? upTo(end, wish.order) : undefined))
        .orderBy(...orderBy(wish.order))
        .limit(wish.size + 1),
    );
    const last = records[wish.size - 1];
    if (records.length > wish.size && last)
      return { records: records.slice(0, wish.size), next: { at: last.at, seq: last.seq } };
    return { records, next: end };
  }

  async compare(afterEvent: number): Promise<Comparison> {
    const [row] = await this.database.rows<ComparisonRow>(comparison(afterEvent));
    const { up_to: last, missing } = row!;
    return { upTo: last === null ? null : Number(last), missing };
  }

  async verification(): Promise<Verification | null> {
    const rows = await this.database.query((orm) => orm.select().from(auditVerificationTable));
    if (!rows[0]) return null;
    const { id: _id, ...verification } = rows[0];
    return verification;
  }

  async noteVerification(verification: Verification): Promise<void> {
    await this.database.query((orm) =>
      orm
        .insert(auditVerificationTable)
        .values({ id: onlyRow, ...verification })
        .onConflictDoUpdate({ target: auditVerificationTable.id, set: verification }),
    );
  }

  private async endOfStretch(indexed: SQL | undefined, order: PageWish['order']): Promise<AuditPlace | null> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ at, seq })
        .from(auditLogTable)
        .where(indexed)
        .orderBy(...orderBy(order))
        .limit(1)
        .offset(this.stretchOfPage - 1),
    );
    return rows[0] ?? null;
  }
}

/** The first that is given leads through its index; the others are asked of what it finds. */
const leading = ['sessionId', 'userId', 'actorId', 'type'] as const;

function conditionsOf(
  search: AuditSearch,
  { after, order }: PageWish,
): { indexed: SQL | undefined; looking: SQL | undefined } {
  const [lead, ...others] = leading.flatMap((name) => {
    const wanted = search[name];
    return wanted === undefined ? [] : [eq(auditLogTable[name], wanted)];
  });
  const { from, to } = search;
  const indexed = and(
    lead,
    from && gte(at, from),
    to && lt(at, to),
    after === null ? undefined : behind(after, order),
  );
  return { indexed, looking: and(...others) };
}

function orderBy(order: PageWish['order']): SQL[] {
  return order === 'newest first' ? [desc(at), desc(seq)] : [asc(at), asc(seq)];
}

function behind(place: AuditPlace, order: PageWish['order']): SQL {
  return order === 'newest first' ? sql`${key} < ${keyOf(place)}` : sql`${key} > ${keyOf(place)}`;
}

function upTo(place: AuditPlace, order: PageWish['order']): SQL {
  return order === 'newest first' ? sql`${key} >= ${keyOf(place)}` : sql`${key} <= ${keyOf(place)}`;
}

const key = sql`(${at}, ${seq})`;

function keyOf(place: AuditPlace): SQL {
  return sql`(${instant(place.at)}, ${place.seq}::bigint)`;
}
