import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { DeviceRegistry, type Recognition, type Sighting } from '../../domain/device-registry.js';
import { devicesTable, networksTable } from './devices.table.js';

/** Of each user; the longest unseen go, so that programs without cookies do not fill the table. */
const maxRemembered = 100;

@Injectable()
export class DrizzleDeviceRegistry extends DeviceRegistry {
  constructor(private readonly database: Database) {
    super();
  }

  /** One statement; `xmax` is 0 on rows that it has inserted and not updated. */
  async see({
    userId,
    deviceKey,
    kindKey,
    recogniseBy,
    device,
    network,
    at,
  }: Sighting): Promise<Recognition> {
    const keys = deviceKey === null ? [kindKey] : [deviceKey, kindKey];
    const decisive = recogniseBy === 'id' ? (deviceKey ?? kindKey) : kindKey;
    const now = sql`${at.toISOString()}::timestamptz`;
    const result = await this.database.query((orm) =>
      orm.execute(sql`
        with keys as (
          select key from jsonb_array_elements_text(${JSON.stringify(keys)}::jsonb) as each (key)
        ), device as (
          insert into ${devicesTable} (user_id, key, device, first_seen_at, last_seen_at)
          select ${userId}::uuid, key, ${JSON.stringify(device)}::jsonb, ${now}, ${now}
          from keys
          on conflict (user_id, key) do update set device = excluded.device, last_seen_at = excluded.last_seen_at
          returning key, xmax = 0 as is_new
        ), network as (
          insert into ${networksTable} (user_id, network, first_seen_at, last_seen_at)
          values (${userId}, ${network}, ${now}, ${now})
          on conflict (user_id, network) do update set last_seen_at = excluded.last_seen_at
          returning xmax = 0 as is_new
        ), forgotten_devices as (
          delete from ${devicesTable} where user_id = ${userId} and key in (
            select key from ${devicesTable}
            where user_id = ${userId} and key not in (select key from keys)
            order by last_seen_at desc offset ${maxRemembered - keys.length})
        ), forgotten_networks as (
          delete from ${networksTable} where user_id = ${userId} and network in (
            select network from ${networksTable} where user_id = ${userId} and network <> ${network}
            order by last_seen_at desc offset ${maxRemembered - 1})
        )
        select device.is_new as device, network.is_new as network,
          not exists (select from ${devicesTable} where user_id = ${userId}) as first
        from device, network where device.key = ${decisive}`),
    );
    const { rows } = result as { rows: { device: boolean; network: boolean; first: boolean }[] };
    const { device: isNewDevice, network: isNewNetwork, first: isFirst } = rows[0]!;
    return { isFirst, isNewDevice, isNewNetwork };
  }
}
