import { inSpan, type LogSpan } from '@app/event-log';
import { type SQL, sql } from 'drizzle-orm';
import { bucketSeconds } from '../../domain/grid.js';
import { knownBrowsers, knownSystems } from '../../domain/metrics.js';
import { lengthBounds, longest } from '../../domain/session-length.js';
import { rollupsTable, rollupUsersTable } from './rollups.table.js';

const types = [
  'session.created',
  'session.ended',
  'session.expired',
  'signin.failed',
  'user.created',
  'rate_limit.exceeded',
];

/**
 * Adds a stretch of the log to all buckets that it touches, in one statement. 2,000 events take some 25 ms. Rows are
 * written in the order of the key, so that two writers wait for each other instead of deadlocking.
 */
export function foldStatement(span: LogSpan, setId: SQL): SQL {
  return sql`
    with target as (select ${setId} as set_id),
    lengths as (select unnest(${sql.param(Object.values(bucketSeconds))}::int[]) as seconds),
    fresh as materialized (
      select type, user_id, payload, case type when 'session.expired'
        then coalesce((payload ->> 'expired_at')::timestamptz, created_at) else created_at end as at,
        type = 'session.created' and not payload ?| array['parent', 'continues'] as is_sign_in
      from event_log where ${inSpan(span)} and type = any (${sql.param(types)}::text[])),
    facts as (
      select at, metric, label, amount from fresh cross join lateral ${factsOf()} as fact (applies, metric, label, amount)
      where applies),
    seen as (
      insert into ${rollupUsersTable} (set_id, bucket, seconds, user_id)
      select distinct set_id, ${bucketOf('at')}, seconds, user_id from fresh, lengths, target
      where is_sign_in and user_id is not null
      on conflict do nothing returning bucket, seconds),
    counted as (
      select seconds, metric, ${bucketOf('at')} as bucket, label, count(*) as count, coalesce(sum(amount), 0) as amount
      from facts, lengths group by 1, 2, 3, 4
      union all
      select seconds, 'users_signed_in', bucket, '', count(*), 0 from seen group by 1, 3)
    insert into ${rollupsTable} as known (set_id, seconds, metric, bucket, label, count, amount)
    select set_id, seconds, metric, bucket, label, count, amount from counted, target
    order by seconds, metric, bucket, label
    on conflict (set_id, seconds, metric, bucket, label)
    do update set count = known.count + excluded.count, amount = known.amount + excluded.amount`;
}

/** What one event counts for. */
function factsOf(): SQL {
  const isEnd = sql`type in ('session.ended', 'session.expired')`;
  const seconds = sql`greatest(0, round(extract(epoch from at - (payload ->> 'started_at')::timestamptz)))::bigint`;
  return sql`(values
    (type = 'session.created', 'sessions_started', '', 0::bigint),
    (is_sign_in, 'sign_ins', '', 0),
    (is_sign_in, 'browsers', ${oneOf(sql`payload -> 'device' ->> 'browser'`, knownBrowsers)}, 0),
    (is_sign_in, 'operating_systems', ${oneOf(sql`payload -> 'device' ->> 'os'`, knownSystems)}, 0),
    (is_sign_in, 'device_kinds', coalesce(payload -> 'device' ->> 'kind', 'other'), 0),
    (${isEnd}, 'sessions_ended', coalesce(payload ->> 'reason', 'unknown'), 0),
    (${isEnd} and payload ? 'started_at', 'session_length', ${classOf(seconds)}, ${seconds}),
    (type = 'signin.failed', 'sign_in_failures', '', 0),
    (type = 'user.created', 'users_created', '', 0),
    (type = 'rate_limit.exceeded', 'limit_hits', coalesce(payload ->> 'policy', 'unknown'), 0))`;
}

function oneOf(name: SQL, known: readonly string[]): SQL {
  return sql`case when ${name} is null then 'unknown' when ${name} = any (${sql.param(known)}::text[]) then ${name} else 'other' end`;
}

/** The bound of the class, as its label. */
function classOf(seconds: SQL): SQL {
  return sql`coalesce((select min(bound)::text from unnest(${sql.param(lengthBounds)}::int[]) as bound where ${seconds} <= bound), ${longest})`;
}

/** Beginning of the bucket, in UTC. */
function bucketOf(at: string): SQL {
  return sql`to_timestamp(floor(extract(epoch from ${sql.raw(at)}) / seconds) * seconds)`;
}
