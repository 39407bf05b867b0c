import type pg from 'pg';

/** Rows that are there when the measuring begins. Each person has ten sessions, ten events and as many deliveries. */
export const size = { sessions: 1_000_000, people: 1_000_000, events: 200_000, deliveries: 200_000 };
/** What one bulk end ends, and the network that it comes from. */
export const bulk = { sessions: 100_000, network: '198.51.0.0/16' };
/** Has done a quarter of all events. */
export const busyAdministrator = '00000000-0000-4000-8000-000000000001';
/** Wants to hear of `key.rotated` only, which does not happen here. */
export const webhook = '00000000-0000-4000-8000-000000000002';

const atOnce = 100_000;
const someone = (number: string): string =>
  `('00000000-0000-4000-9000-' || lpad(to_hex(${number}), 12, '0'))::uuid`;
/** As times are written: clocks here know no more. */
const now = `date_trunc('milliseconds', $3::timestamptz)`;
const id = (number: string): string => `encode(sha256((${number})::text::bytea), 'hex')`;

interface Making {
  /** Of the row, from n; whom it belongs to is always told by n. */
  readonly number?: string;
  /** In half seconds, from n. */
  readonly age?: string;
}

/**
 * From $1 to $2, seen from $3: as old in half seconds as its number; one in ten lives, and of those the last tenth comes from
 * one network.
 */
export function sessionsOf({ number = 'n', age = 'n' }: Making = {}): string {
  return `insert into sessions (id, user_id, gen, created_at, authenticated_at, last_access_at, idle_expires_at,
       expires_at, ip_address, user_agent, device, ips_used, refresh_nonce, ended_at, end_reason)
     select ${id(number)}, ${someone('n / 10')}, 0, at, at, at,
       case when lives then ${now} + interval '12 hours' else at + interval '1 minute' end, at + interval '30 days',
       case when lives then '198.51.' || n % 250 || '.' || n / 250 % 250 else '203.0.' || n % 4000 / 250 + 98 || '.' || n % 250 end,
       'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
       '{"browser":"Firefox","os":"Linux","kind":"desktop"}', '["203.0.113.7"]', sha256(n::text::bytea),
       case when not lives and n % 2 = 0 then at + interval '30 seconds' end, case when not lives and n % 2 = 0 then 'signout' end
     from generate_series($1::int, $2::int) n, lateral (select
       ${now} - interval '1 hour' - (${age}) * interval '500 milliseconds' as at, n % ${size.sessions / bulk.sessions} = 0 as lives) facts`;
}

/** From $1 to $2, seen from $3, all taken but one in a thousand, which was given up. */
export function deliveriesOf({ number = 'n' }: Pick<Making, 'number'> = {}): string {
  return `insert into webhook_deliveries (endpoint_id, message_id, event_id, type, lane, body, state, queued_at, attempts,
       last_try_at, last_status, last_duration_ms, finished_at)
     select '${webhook}', 'evt_' || (${number}), n, 'session.ended', ${id('n')}, repeat('x', 300),
       case when n % 1000 = 0 then 'dead' else 'delivered' end, at, 1, at, 204, 12, at
     from generate_series($1::int, $2::int) n, lateral (select ${now} - interval '1 day' + n * interval '400 milliseconds' as at) facts`;
}

const peopleOf = `insert into users (id, email, email_normalized, username, username_normalized, full_name, role, password_hash,
    created_at, updated_at, disabled_at)
  select ${someone('n')}, 'person' || n || '@example.com', 'person' || n || '@example.com', 'user' || n, 'user' || n,
    'Name ' || n, 'user', 'none', ${now}, ${now}, case when n % 10000 = 0 then ${now} end
  from generate_series($1::int, $2::int) n`;

/** Five seconds apart, from twenty days ago on: what instances have to know of does not go back so far. */
const eventsOf = `insert into event_log (type, user_id, session_id, payload, created_at)
  select (array['session.created', 'signin.failed', 'signin.new_device', 'user.role_changed'])[1 + n % 4], ${someone('n / 10')}, ${id('n')},
    case when n % 4 = 3 then jsonb_build_object('by', '${busyAdministrator}', 'role', 'user', 'note', 'ticket ' || n)
      else '{"ip_address":"203.0.113.7","device":{"browser":"Firefox","os":"Linux","kind":"desktop"}}' end,
    ${now} - interval '20 days' + n * interval '5 seconds'
  from generate_series($1::int, $2::int) n`;

const webhooksOf = `insert into webhook_endpoints (id, url, label, events, sealed_secret, created_at, updated_at)
  values ('${webhook}', 'https://example.com/hooks', 'billing', '{key.rotated}', '\\x00', now(), now())`;

/** Indexes are built when the rows are there, which takes a tenth of the time. */
export async function seed(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string; definition: string }>(
    `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index
      where indrelid in ('users'::regclass, 'sessions'::regclass) and not indisunique`,
  );
  for (const { name } of rows) await admin.query(`drop index ${name}`);
  // Foreign keys are kept by the numbers.
  await admin.query('set session_replication_role = replica');
  await admin.query(webhooksOf);
  await inParts(admin, peopleOf, size.people);
  await inParts(admin, sessionsOf(), size.sessions);
  await inParts(admin, eventsOf, size.events);
  await inParts(admin, deliveriesOf(), size.deliveries);
  await admin.query('set session_replication_role = default');
  for (const { definition } of rows) await admin.query(definition);
  await admin.query('vacuum analyze users, sessions, event_log, webhook_deliveries');
}

async function inParts(admin: pg.Client, statement: string, rows: number): Promise<void> {
  const { rows: clock } = await admin.query<{ now: string }>('select now()::text as now');
  for (let from = 0; from < rows; from += atOnce)
    await admin.query(statement, [from, from + atOnce - 1, clock[0]!.now]);
}
