import { type Database, instant } from '@app/postgres';
import { sql } from 'drizzle-orm';
import type { DeliveryState } from '../../domain/delivery.js';
import type { NewDelivery } from '../../domain/delivery-outbox.js';
import { webhookDeliveriesTable as deliveries } from './webhook-deliveries.table.js';

/** Rows per statement, which has to be through within the time limit of all statements. */
const perStatement = 500;

/** Those that are not there. Normally all; not after a failover, when the reader of the log goes back. */
export async function missingOf(
  database: Database,
  wanted: readonly NewDelivery[],
): Promise<readonly NewDelivery[]> {
  if (wanted.length === 0) return wanted;
  const keys = wanted.map(({ endpointId, message }) => ({ endpointId, messageId: message.id }));
  const known = await database.rows<{ key: string }>(sql`
    select asked."endpointId" || '/' || asked."messageId" as key
    from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as asked ("endpointId" uuid, "messageId" text)
    join ${deliveries} on endpoint_id = asked."endpointId" and message_id = asked."messageId"`);
  const keysThere = new Set(known.map(({ key }) => key));
  return wanted.filter(({ endpointId, message }) => !keysThere.has(`${endpointId}/${message.id}`));
}

/** Puts them in, in this order. */
export async function insert(
  database: Database,
  missing: readonly NewDelivery[],
  stateOf: (delivery: NewDelivery) => DeliveryState,
  now: Date,
): Promise<void> {
  const rows = missing.map((delivery, order) => {
    const { endpointId, message } = delivery;
    return { ...message, order, endpointId, messageId: message.id, state: stateOf(delivery) };
  });
  for (let start = 0; start < rows.length; start += perStatement) {
    const part = JSON.stringify(rows.slice(start, start + perStatement));
    // oxlint-disable-next-line no-await-in-loop -- one connection, and the order counts
    await database.rows(sql`
      insert into ${deliveries}
        (endpoint_id, message_id, event_id, type, lane, body, state, queued_at, next_try_at, finished_at)
      select "endpointId", "messageId", "eventId", type, lane, body, state, ${instant(now)},
        case when state = 'pending' then ${instant(now)} end,
        case when state = 'dead' then ${instant(now)} end
      from jsonb_to_recordset(${part}::jsonb) as row ("endpointId" uuid, "messageId" text, "eventId" bigint,
        type text, lane text, body text, state text, "order" int)
      order by "order"`);
  }
}
