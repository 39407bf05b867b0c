import { sql } from './stores.js';

/** Live sessions of as many users as there are tens of them, seen from an address that nobody else has. */
export async function openMany(url: string, count: number, address: string): Promise<void> {
  await sql(
    url,
    `insert into users (id, email, email_normalized, role, password_hash, created_at, updated_at)
     select id, id || '@example.com', id || '@example.com', 'user', 'none', now(), now()
       from (select ('00000000-0000-4000-9000-' || lpad(to_hex(n), 12, '0'))::uuid as id
               from generate_series(0, $1::int - 1) n) ids`,
    [Math.ceil(count / 10)],
  );
  await sql(
    url,
    `insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at,
       expires_at, ip_address, device, ips_used, refresh_nonce)
     select encode(sha256(n::text::bytea), 'hex'),
       ('00000000-0000-4000-9000-' || lpad(to_hex(n / 10), 12, '0'))::uuid,
       0, at, at, at, at + interval '12 hours', at + interval '7 days', $2,
       '{"browser":"Firefox","os":"Linux","kind":"desktop"}', '[]', sha256(n::text::bytea)
     from generate_series(0, $1::int - 1) n,
       lateral (select date_trunc('second', now()) - interval '1 minute' - n * interval '1 millisecond' as at) facts`,
    [count, address],
  );
}
