import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { PostgresSessionStatistics } from '../src/infrastructure/postgres/postgres-session-statistics.js';

const now = new Date('2026-01-02T12:00:00Z');

describe.each(openStores)(`${PostgresSessionStatistics.name} on %s`, (_, open) => {
  let store: OpenStore;
  let database: Database;

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    await database.query((orm) =>
      orm.execute(sql`
        insert into users (id, email, email_normalized, role, password_hash, gen, created_at, updated_at)
        select lpad(n::text, 32, '0')::uuid, n || '@example.com', n || '@example.com', 'user', '-', 0, now(), now()
        from generate_series(1, 30) n`),
    );
    // Of 30 users: user n has n % 4 live sessions, the third a share of the first, and one each that was ended, left alone, and over.
    await database.query((orm) =>
      orm.execute(sql`
        insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at, expires_at,
          ip_address, device, ips_used, refresh_nonce, ended_at, end_reason, parent_id)
        select concat_ws('-', n, kind, copy), lpad(n::text, 32, '0')::uuid, 0, now() - interval '1 h', now(), now(),
          ${now.toISOString()}::timestamptz + case kind when 'idle' then interval '0' else interval '1 h' end,
          ${now.toISOString()}::timestamptz + case kind when 'over' then interval '0' else interval '1 d' end,
          '192.0.2.1', '{}', '[]', '\\x00', case kind when 'ended' then now() end, case kind when 'ended' then 'signout' end,
          case when kind = 'live' and copy = 3 then concat_ws('-', n, kind, 1) end
        from generate_series(1, 30) n, unnest(array['live', 'ended', 'idle', 'over']) kind,
          generate_series(1, 3) copy
        where case kind when 'live' then copy <= n % 4 else copy = 1 end`),
    );
  });

  afterAll(() => store.close());

  it.each([1, 7, 20_000])('counts what lives, shares too, exactly, in stretches of %i', async (stretch) => {
    const statistics = PostgresSessionStatistics.inStretchesOf(database, stretch);
    expect(await statistics.countLive(now)).toEqual({ sessions: 45, users: 23 });
  });

  it('counts nothing where there is nothing', async () => {
    const later = new Date(now.getTime() + 86_400_000);
    expect(await new PostgresSessionStatistics(database).countLive(later)).toEqual({ sessions: 0, users: 0 });
  });
});
