import { Database, preparedOnce, prepareSql } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { DeviceRegistry, type Recognition, type Sighting } from '../../domain/device-registry.js';
import { devicesTable, networksTable } from './devices.table.js';

/** Of each user; the longest unseen go, so that programs without cookies do not fill the table. */
const maxRemembered = 100;

const user = sql.placeholder('userId');
const keys = sql`${sql.placeholder('keys')}::jsonb`;
const network = sql.placeholder('network');
const now = sql`${sql.placeholder('now')}::timestamptz`;

/** `xmax` is 0 on rows that the statement has inserted and not updated. */
const see = preparedOnce((orm) =>
  prepareSql(orm, {
    name: 'devices_see',
    statement: sql`
      with keys as (
        select key from jsonb_array_elements_text(${keys}) as each (key)
      ), device as (
        insert into ${devicesTable} (user_id, key, device, first_seen_at, last_seen_at)
        select ${user}::uuid, key, ${sql.placeholder('device')}::jsonb, ${now}, ${now}
        from keys
        on conflict (user_id, key) do update set device = excluded.device, last_seen_at = excluded.last_seen_at
        returning key, xmax = 0 as is_new
      ), network as (
        insert into ${networksTable} (user_id, network, first_seen_at, last_seen_at)
        values (${user}, ${network}, ${now}, ${now})
        on conflict (user_id, network) do update set last_seen_at = excluded.last_seen_at
        returning xmax = 0 as is_new
      ), forgotten_devices as (
        delete from ${devicesTable} where user_id = ${user} and key in (
          select key from ${devicesTable}
          where user_id = ${user} and key not in (select key from keys)
          order by last_seen_at desc offset ${sql.raw(String(maxRemembered))} - jsonb_array_length(${keys}))
      ), forgotten_networks as (
        delete from ${networksTable} where user_id = ${user} and network in (
          select network from ${networksTable} where user_id = ${user} and network <> ${network}
          order by last_seen_at desc offset ${sql.raw(String(maxRemembered - 1))})
      )
      select device.is_new as device, network.is_new as network,
        not exists (select from ${devicesTable} where user_id = ${user}) as first
      from device, network where device.key = ${sql.placeholder('decisive')}`,
  }),
);

interface Seen {
  readonly device: boolean;
  readonly network: boolean;
  readonly first: boolean;
}

@Injectable()
export class DrizzleDeviceRegistry extends DeviceRegistry {
  constructor(private readonly database: Database) {
    super();
  }

  async see({ userId, deviceKey, kindKey, recogniseBy, ...seen }: Sighting): Promise<Recognition> {
    const values = {
      userId,
      keys: JSON.stringify(deviceKey === null ? [kindKey] : [deviceKey, kindKey]),
      decisive: recogniseBy === 'id' ? (deviceKey ?? kindKey) : kindKey,
      device: JSON.stringify(seen.device),
      network: seen.network,
      now: seen.at.toISOString(),
    };
    const { rows } = await this.database.query((orm) => see(orm).execute(values));
    const [{ device: isNewDevice, network: isNewNetwork, first: isFirst }] = rows as [Seen];
    return { isFirst, isNewDevice, isNewNetwork };
  }
}
