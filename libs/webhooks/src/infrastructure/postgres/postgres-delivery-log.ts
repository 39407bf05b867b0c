import { parseSessionId } from '@app/kernel';
import { Database, instant, millis } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import type { Delivery, DeliveryState } from '../../domain/delivery.js';
import {
  countedUpTo,
  type DeliveryCounts,
  type DeliveryFilter,
  DeliveryLog,
} from '../../domain/delivery-log.js';
import type { NewDelivery } from '../../domain/delivery-outbox.js';
import { firstOfLanes } from './lanes.js';
import { insert, missingOf } from './new-deliveries.js';
import { dateOf } from './rows.js';
import { webhookDeliveriesTable as deliveries } from './webhook-deliveries.table.js';

interface Row {
  readonly id: string;
  readonly endpoint_id: string;
  readonly message_id: string;
  readonly type: string;
  readonly lane: string | null;
  readonly state: DeliveryState;
  readonly queued_at: number;
  readonly next_try_at: number | null;
  readonly attempts: number;
  readonly last_try_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly last_duration_ms: number | null;
  readonly last_excerpt: string | null;
  readonly finished_at: number | null;
}

const shown = sql`
  id::text, endpoint_id, message_id, type, lane, state,
  ${millis(sql`queued_at`)} as queued_at, ${millis(sql`next_try_at`)} as next_try_at, attempts,
  ${millis(sql`last_try_at`)} as last_try_at, last_status, last_error, last_duration_ms, last_excerpt,
  ${millis(sql`finished_at`)} as finished_at`;

@Injectable()
export class PostgresDeliveryLog extends DeliveryLog {
  constructor(private readonly database: Database) {
    super();
  }

  async list(
    { endpointId, state, type }: DeliveryFilter,
    { size, before }: { readonly size: number; readonly before: string | null },
  ): Promise<Delivery[]> {
    const inState = state === null ? sql`` : sql`and state = ${state}`;
    const ofType = type === null ? sql`` : sql`and type = ${type}`;
    const below = before === null ? sql`` : sql`and id < ${before}`;
    const rows = await this.database.rows<Row>(sql`
      select ${shown} from ${deliveries} where endpoint_id = ${endpointId} ${inState} ${ofType} ${below}
      order by ${deliveries.id} desc limit ${size}`);
    return rows.map(toDelivery);
  }

  async find(endpointId: string, id: string): Promise<Delivery | null> {
    const [row] = await this.database.rows<Row>(
      sql`select ${shown} from ${deliveries} where endpoint_id = ${endpointId} and id = ${id}`,
    );
    return row ? toDelivery(row) : null;
  }

  async findByMessage(endpointId: string, messageId: string): Promise<Delivery | null> {
    const [row] = await this.database.rows<Row>(
      sql`select ${shown} from ${deliveries} where endpoint_id = ${endpointId} and message_id = ${messageId}`,
    );
    return row ? toDelivery(row) : null;
  }

  async counts(endpointId: string): Promise<DeliveryCounts> {
    const counted = (states: readonly DeliveryState[]): SQL => sql`
      (select count(*)::int from (select from ${deliveries} where endpoint_id = ${endpointId}
        and state <> 'delivered' and state = any (${sql.param([...states])}::text[]) limit ${countedUpTo}) as counted)`;
    const [row] = await this.database.rows<DeliveryCounts>(sql`
      select ${counted(['waiting', 'pending'])} as unfinished, ${counted(['dead'])} as dead`);
    return row!;
  }

  async requeue(endpointId: string, ids: readonly string[], now: Date): Promise<number> {
    const asked = sql`endpoint_id = ${endpointId} and id = any (${sql.param([...ids])}::bigint[])`;
    const hurried = await this.database.rows(sql`
      update ${deliveries} set next_try_at = ${instant(now)} where ${asked} and next_try_at > ${instant(now)}
        and (taken_until is null or taken_until <= ${instant(now)})
      returning id`);
    const over = await this.database.rows<{ id: string; lane: string | null }>(sql`
      select id::text, lane from ${deliveries} where ${asked} and finished_at is not null
      order by event_id, ${deliveries.id} for update`);
    if (over.length === 0) return hurried.length;
    const items = over.map(({ id, lane }) => ({ id, endpointId, lane }));
    const first = await firstOfLanes(this.database, items);
    const plan = items.map((item, order) => ({
      id: item.id,
      order,
      state: first.has(item) ? 'pending' : 'waiting',
    }));
    await this.database.rows(sql`
      update ${deliveries} as delivery set state = row.state, turn = row.turn, forgiven = attempts,
        next_try_at = case when row.state = 'pending' then ${instant(now)} end, finished_at = null,
        taken_until = null
      from (
        select id, state, nextval('webhook_deliveries_turn_seq') as turn from (
          select * from jsonb_to_recordset(${JSON.stringify(plan)}::jsonb)
            as planned (id bigint, state text, "order" int) order by "order") as ordered) as row
      where delivery.id = row.id`);
    return hurried.length + over.length;
  }

  async dead(endpointId: string, since: Date | null, limit: number): Promise<string[]> {
    const young = since === null ? sql`` : sql`and queued_at >= ${instant(since)}`;
    const rows = await this.database.rows<{ id: string }>(sql`
      select id::text from ${deliveries} where endpoint_id = ${endpointId} and state = 'dead' ${young}
      order by ${deliveries.id} limit ${limit}`);
    return rows.map(({ id }) => id);
  }

  async park(wanted: readonly NewDelivery[], now: Date, which: 'missed' | 'all'): Promise<string[]> {
    const missing = await missingOf(this.database, wanted);
    await insert(this.database, missing, () => 'dead', now);
    const [endpointId] = wanted.map((delivery) => delivery.endpointId);
    if (endpointId === undefined) return [];
    const messages = wanted.map(({ message }) => message.id);
    const states = which === 'all' ? ['dead', 'delivered'] : ['dead'];
    const rows = await this.database.rows<{ id: string }>(sql`
      select id::text from ${deliveries} where endpoint_id = ${endpointId}
        and message_id = any (${sql.param(messages)}::text[]) and state = any (${sql.param(states)}::text[])`);
    return rows.map(({ id }) => id);
  }
}

function toDelivery(row: Row): Delivery {
  const { last_duration_ms: durationMs, last_status: status, last_error: error, last_excerpt: excerpt } = row;
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    messageId: row.message_id,
    type: row.type,
    sessionId: row.lane === null ? null : parseSessionId(row.lane),
    state: row.state,
    queuedAt: new Date(row.queued_at),
    nextTryAt: dateOf(row.next_try_at),
    attempts: row.attempts,
    lastTryAt: dateOf(row.last_try_at),
    last: durationMs === null ? null : { status, error, durationMs, excerpt },
    finishedAt: dateOf(row.finished_at),
  };
}
