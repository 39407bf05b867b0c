import type { Database } from '@app/postgres';
import { sql } from 'drizzle-orm';
import { webhookDeliveriesTable } from './webhook-deliveries.table.js';

interface Laned {
  readonly endpointId: string;
  readonly lane: string | null;
}

const nameOf = ({ endpointId, lane }: Laned): string => `${endpointId}/${lane}`;

/**
 * Of deliveries that are about to be queued in this order: which may be sent at once, because nothing of their lane is
 * before them. The last of each lane is locked: whoever is just settling it is waited for, or finds what is queued now. The caller
 * holds the endpoints, so nobody else adds to the lanes.
 */
export async function firstOfLanes<Item extends Laned>(
  database: Database,
  items: readonly Item[],
): Promise<Set<Item>> {
  const laned = items.filter(({ lane }) => lane !== null);
  const lanes = new Map(
    laned.map(({ endpointId, lane }) => [nameOf({ endpointId, lane }), { endpointId, lane }]),
  );
  const taken = new Set(lanes.size > 0 ? await busyLanes(database, [...lanes.values()]) : []);
  const first = new Set<Item>(items.filter(({ lane }) => lane === null));
  for (const item of laned) {
    if (!taken.has(nameOf(item))) first.add(item);
    taken.add(nameOf(item));
  }
  return first;
}

/** In a fixed order, so that nobody waits in a ring. */
async function busyLanes(database: Database, lanes: readonly Laned[]): Promise<string[]> {
  const rows = await database.rows<Laned>(sql`
    select last."endpointId", last.lane
    from jsonb_to_recordset(${JSON.stringify(lanes)}::jsonb) as asked ("endpointId" uuid, lane text)
    cross join lateral (
      select endpoint_id as "endpointId", lane from ${webhookDeliveriesTable}
      where endpoint_id = asked."endpointId" and lane = asked.lane and finished_at is null
      order by turn desc limit 1 for no key update) as last`);
  return rows.map(nameOf);
}
