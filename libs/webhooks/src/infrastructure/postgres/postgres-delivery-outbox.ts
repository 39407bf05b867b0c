import { Database, instant, millis } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import type { Attempt, TakenDelivery } from '../../domain/delivery.js';
import { DeliveryOutbox, type NewDelivery, type Settlement } from '../../domain/delivery-outbox.js';
import { firstOfLanes } from './lanes.js';
import { insert, missingOf } from './new-deliveries.js';
import { dateOf } from './rows.js';
import { webhookDeliveriesTable as deliveries } from './webhook-deliveries.table.js';
import { webhookEndpointsTable as endpoints } from './webhook-endpoints.table.js';

interface TakenRow {
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly type: string;
  readonly body: string;
  readonly attempts: number;
  readonly counted: number;
  readonly url: string;
  readonly sealed_secret: Uint8Array;
  readonly old_sealed_secret: Uint8Array | null;
  readonly old_until: number | null;
}

/** Of an endpoint that may be sent to. */
const mayBeSent = (now: Date): SQL => sql`
  endpoint.disabled_at is null and endpoint.removed_at is null
    and (endpoint.resume_at is null or endpoint.resume_at <= ${instant(now)})`;

const isFree = (now: Date): SQL => sql`
  next_try_at <= ${instant(now)} and (taken_until is null or taken_until <= ${instant(now)})`;

@Injectable()
export class PostgresDeliveryOutbox extends DeliveryOutbox {
  constructor(private readonly database: Database) {
    super();
  }

  async enqueue(wanted: readonly NewDelivery[], now: Date): Promise<void> {
    const missing = await missingOf(this.database, wanted);
    const first = await firstOfLanes(
      this.database,
      missing.map(({ endpointId, message }) => ({ endpointId, lane: message.lane, message })),
    );
    const free = new Set([...first].map(({ endpointId, message }) => `${endpointId}/${message.id}`));
    const stateOf = ({ endpointId, message }: NewDelivery) =>
      free.has(`${endpointId}/${message.id}`) ? 'pending' : 'waiting';
    await insert(this.database, missing, stateOf, now);
  }

  async dueEndpoints(now: Date): Promise<string[]> {
    const rows = await this.database.rows<{ id: string }>(sql`
      select id from ${endpoints} as endpoint where ${mayBeSent(now)} and exists (
        select from ${deliveries} where endpoint_id = endpoint.id and ${isFree(now)})
      order by id`);
    return rows.map(({ id }) => id);
  }

  async take(
    endpointId: string,
    { now, until, limit }: { readonly now: Date; readonly until: Date; readonly limit: number },
  ): Promise<TakenDelivery[]> {
    const rows = await this.database.rows<TakenRow>(sql`
      update ${deliveries} as delivery
      set attempts = attempts + 1, taken_until = ${instant(until)}, last_try_at = ${instant(now)}
      from ${endpoints} as endpoint
      where endpoint.id = delivery.endpoint_id and ${mayBeSent(now)} and delivery.id in (
        select id from ${deliveries} where endpoint_id = ${endpointId} and ${isFree(now)}
        order by next_try_at, turn limit ${limit} for update skip locked)
      returning delivery.id::text, endpoint_id, message_id, type, body, attempts, attempts - forgiven as counted,
        url, sealed_secret,
        old_sealed_secret, ${millis(sql`old_secret_until`)} as old_until`);
    return rows.map(toTaken);
  }

  async settle(
    { id, attempts }: Pick<TakenDelivery, 'id' | 'attempts'>,
    settlement: Settlement,
    { status, error, durationMs, excerpt }: Attempt,
    now: Date,
  ): Promise<boolean> {
    const state = settlement.outcome === 'postponed' ? 'pending' : settlement.outcome;
    const nextTryAt = settlement.outcome === 'postponed' ? instant(settlement.nextTryAt) : sql`null`;
    const finishedAt = settlement.outcome === 'postponed' ? sql`null` : instant(now);
    const [settled] = await this.database.rows<{ endpoint_id: string; lane: string | null }>(sql`
      update ${deliveries} set state = ${state}, next_try_at = ${nextTryAt}, finished_at = ${finishedAt},
        taken_until = null, last_status = ${status}, last_error = ${error},
        last_duration_ms = ${Math.round(durationMs)}, last_excerpt = ${excerpt}
      where id = ${id} and attempts = ${attempts} and taken_until is not null and finished_at is null
      returning endpoint_id, lane`);
    if (!settled) return false;
    if (settlement.outcome !== 'postponed' && settled.lane !== null) await this.letNextGo(settled, now);
    return true;
  }

  async purge(before: Date, limit: number): Promise<number> {
    // Asked twice: one that somebody has just begun anew is found by the inner question and not over when its lock is free.
    const gone = await this.database.rows(sql`
      delete from ${deliveries} where id in (
        select id from ${deliveries} where finished_at < ${instant(before)} limit ${limit})
        and finished_at < ${instant(before)}
      returning id`);
    const orphaned = await this.database.rows(sql`
      delete from ${deliveries} where id in (
        select delivery.id from ${deliveries} as delivery
        join ${endpoints} as endpoint on endpoint.id = delivery.endpoint_id
        where endpoint.removed_at is not null limit ${limit})
      returning id`);
    await this.database.rows(sql`
      delete from ${endpoints} as endpoint where removed_at is not null
        and not exists (select from ${deliveries} where endpoint_id = endpoint.id)`);
    return Math.max(gone.length, orphaned.length);
  }

  giveUp(before: Date, limit: number, now: Date): Promise<number> {
    return this.database.run(async () => {
      for (let total = 0; ;) {
        // oxlint-disable-next-line no-await-in-loop -- one connection, and the next endpoint is what the last left
        const count = await this.giveUpOfNext(before, limit - total, now);
        total += count;
        if (count === 0 || total === limit) return total;
      }
    });
  }

  /** Of the next endpoint in the order in which all others lock them, too. */
  private async giveUpOfNext(before: Date, limit: number, now: Date): Promise<number> {
    const [endpoint] = await this.database.rows<{ id: string }>(sql`
      select id from ${endpoints} as endpoint where disabled_at < ${instant(before)} and removed_at is null
        and exists (select from ${deliveries} where endpoint_id = endpoint.id and finished_at is null)
      order by id limit 1 for no key update`);
    if (!endpoint) return 0;
    // The first of each lane last, so that nothing waits behind nobody if the endpoint is enabled halfway.
    const over = await this.database.rows(sql`
      update ${deliveries} set state = 'dead', next_try_at = null, taken_until = null, finished_at = ${instant(now)}
      where id in (
        select id from ${deliveries} where endpoint_id = ${endpoint.id} and finished_at is null
        order by lane desc, turn desc limit ${limit})
      returning id`);
    return over.length;
  }

  /** A statement of its own: it has to see what was queued while the one before waited for a lock. */
  private async letNextGo(
    { endpoint_id: endpointId, lane }: { endpoint_id: string; lane: string | null },
    now: Date,
  ): Promise<void> {
    await this.database.rows(sql`
      update ${deliveries} set state = 'pending', next_try_at = ${instant(now)} where id = (
        select id from ${deliveries}
        where endpoint_id = ${endpointId} and lane = ${lane} and finished_at is null
        order by turn limit 1)`);
  }
}

function toTaken(row: TakenRow): TakenDelivery {
  const { id, type, body, attempts, counted, url, old_sealed_secret: old } = row;
  return {
    id,
    endpointId: row.endpoint_id,
    messageId: row.message_id,
    type,
    body,
    attempts,
    counted,
    url,
    secrets: {
      current: Buffer.from(row.sealed_secret),
      old: old && Buffer.from(old),
      oldUntil: dateOf(row.old_until),
    },
  };
}
