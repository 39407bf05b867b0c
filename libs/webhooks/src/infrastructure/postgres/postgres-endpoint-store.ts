import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, asc, count, eq, isNotNull, isNull, sql } from 'drizzle-orm';
import type {
  DisabledReason,
  EndpointSettings,
  SealedSecrets,
  WebhookEndpoint,
} from '../../domain/endpoint.js';
import { type EndpointChanges, EndpointStore } from '../../domain/endpoint-store.js';
import { webhookEndpointsTable as table } from './webhook-endpoints.table.js';

/** Any fixed number; advisory locks of other applications on the same database should not share it. */
const countLock = 7_255_500_011;

const columns = {
  id: table.id,
  url: table.url,
  label: table.label,
  events: table.events,
  createdAt: table.createdAt,
  updatedAt: table.updatedAt,
  disabledAt: table.disabledAt,
  disabledReason: table.disabledReason,
  failingSince: table.failingSince,
  failures: table.failures,
  resumeAt: table.resumeAt,
  oldSecretUntil: table.oldSecretUntil,
};

const withoutFailures = { failures: 0, failingSince: null };
const exists = isNull(table.removedAt);
const isEndpoint = (id: string) => and(eq(table.id, id), exists);

@Injectable()
export class PostgresEndpointStore extends EndpointStore {
  constructor(private readonly database: Database) {
    super();
  }

  add(
    endpoint: EndpointSettings & { readonly id: string; readonly createdAt: Date },
    secret: Buffer,
    limit: number,
  ): Promise<boolean> {
    return this.database.run(async () => {
      await this.database.query((orm) => orm.execute(sql`select pg_advisory_xact_lock(${countLock})`));
      const [found] = await this.database.query((orm) =>
        orm.select({ count: count() }).from(table).where(exists),
      );
      if (found!.count >= limit) return false;
      const row = {
        ...endpoint,
        events: [...endpoint.events],
        sealedSecret: secret,
        updatedAt: endpoint.createdAt,
      };
      await this.database.query((orm) => orm.insert(table).values(row));
      return true;
    });
  }

  async list(): Promise<WebhookEndpoint[]> {
    const rows = await this.database.query((orm) =>
      orm.select(columns).from(table).where(exists).orderBy(asc(table.place)),
    );
    return rows.map(toEndpoint);
  }

  async find(id: string): Promise<WebhookEndpoint | null> {
    const [row] = await this.database.query((orm) => orm.select(columns).from(table).where(isEndpoint(id)));
    return row ? toEndpoint(row) : null;
  }

  async lockEnabled(): Promise<WebhookEndpoint[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select(columns)
        .from(table)
        .where(and(exists, isNull(table.disabledAt)))
        .orderBy(asc(table.id))
        .for('no key update'),
    );
    return rows.map(toEndpoint);
  }

  async lock(id: string): Promise<WebhookEndpoint | null> {
    const [row] = await this.database.query((orm) =>
      orm.select(columns).from(table).where(isEndpoint(id)).for('no key update'),
    );
    return row ? toEndpoint(row) : null;
  }

  async change(id: string, { disabled, events, ...settings }: EndpointChanges, at: Date): Promise<void> {
    const state =
      disabled === undefined
        ? {}
        : disabled === null
          ? { disabledAt: null, disabledReason: null, resumeAt: null, ...withoutFailures }
          : { disabledAt: at, disabledReason: disabled };
    const fields = { ...settings, ...(events && { events: [...events] }), ...state, updatedAt: at };
    await this.database.query((orm) => orm.update(table).set(fields).where(isEndpoint(id)));
  }

  async replaceSecrets(id: string, { current, old, oldUntil }: SealedSecrets, at: Date): Promise<void> {
    const fields = {
      sealedSecret: current,
      oldSealedSecret: old,
      oldSecretUntil: oldUntil,
      updatedAt: at,
    };
    await this.database.query((orm) => orm.update(table).set(fields).where(isEndpoint(id)));
  }

  async secrets(id: string): Promise<SealedSecrets | null> {
    const [row] = await this.database.query((orm) =>
      orm
        .select({ current: table.sealedSecret, old: table.oldSealedSecret, oldUntil: table.oldSecretUntil })
        .from(table)
        .where(isEndpoint(id)),
    );
    return row ?? null;
  }

  async remove(id: string, at: Date): Promise<void> {
    const fields = { removedAt: at, sealedSecret: Buffer.alloc(0), oldSealedSecret: null };
    await this.database.query((orm) => orm.update(table).set(fields).where(isEndpoint(id)));
  }

  async noteFailure(id: string, at: Date): Promise<{ failures: number; failingSince: Date } | null> {
    const [row] = await this.database.query((orm) =>
      orm
        .update(table)
        .set({
          failures: sql`${table.failures} + 1`,
          failingSince: sql`coalesce(${table.failingSince}, ${instant(at)})`,
        })
        .where(isEndpoint(id))
        .returning({ failures: table.failures, failingSince: table.failingSince }),
    );
    return row ? { failures: row.failures, failingSince: row.failingSince! } : null;
  }

  async noteSuccess(id: string): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .update(table)
        .set(withoutFailures)
        .where(and(isEndpoint(id), isNotNull(table.failingSince)))
        .returning({ id: table.id }),
    );
    return rows.length > 0;
  }

  async rest(id: string, until: Date | null): Promise<void> {
    const resumeAt = until && sql`greatest(${table.resumeAt}, ${instant(until)})`;
    await this.database.query((orm) => orm.update(table).set({ resumeAt }).where(isEndpoint(id)));
  }
}

function toEndpoint(row: Omit<WebhookEndpoint, 'disabledReason'> & { disabledReason: string | null }) {
  return { ...row, disabledReason: row.disabledReason as DisabledReason | null };
}
