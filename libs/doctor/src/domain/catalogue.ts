import type { Meaning } from './finding.js';
import { settingsCatalogue } from './settings-catalogue.js';

const repair = 'rollcall doctor --repair';

/** What the cache says against the database. Repairs leave marks and remove entries; they never write an entry. */
const cache = {
  'cache.entry_of_ended_session': {
    severity: 'error',
    means: 'Sessions that ended are still cached: while PostgreSQL is away they could be served.',
    todo: repair,
    isRepairable: true,
  },
  'cache.entry_of_old_generation': {
    severity: 'error',
    means: 'Sessions from before their user was signed out everywhere or disabled are still cached.',
    todo: repair,
    isRepairable: true,
  },
  'cache.entry_of_unknown_session': {
    severity: 'warning',
    means: 'Sessions are cached that PostgreSQL does not know: purged, or from before a restore.',
    todo: repair,
    isRepairable: true,
  },
  'cache.unreadable_key': {
    severity: 'warning',
    means: 'Keys hold what nobody with this SECRET_KEY has written; they count as absent.',
    todo: `${repair}; then find out who else writes to this Redis`,
    isRepairable: true,
  },
  'cache.wrong_life': {
    severity: 'warning',
    means: 'Keys would stay for longer than anything is cached, or for ever.',
    todo: repair,
    isRepairable: true,
  },
  'cache.mark_missing': {
    severity: 'warning',
    means:
      'Sessions ended lately without leaving a mark in Redis, or Redis has lost it: an old copy of an entry would find none.',
    todo: repair,
    isRepairable: true,
  },
  'cache.mark_of_live_session': {
    severity: 'error',
    means:
      'Redis remembers the end of sessions that live in PostgreSQL: a failover or restore has lost it. They are refused until the marks end, four hours after.',
    todo: `${repair}, which ends them in PostgreSQL again`,
    isRepairable: true,
  },
} as const satisfies Record<string, Meaning>;

const stores = {
  'postgres.unreachable': {
    severity: 'error',
    means: 'PostgreSQL does not answer; nothing that is stored there was examined.',
    todo: 'repair it within the hour for which cached sessions are served',
  },
  'postgres.slow_check': {
    severity: 'note',
    means:
      'A look was given up: it did not come to an end within the time limit of all statements, or may not be taken.',
    todo: 'run the doctor again at a quieter time, or with a role that may read pg_stat_*',
  },
  'postgres.clock_skew': {
    severity: 'warning',
    means: 'The clocks of PostgreSQL and of this machine differ; ends by time come early or late by as much.',
    todo: 'run NTP on both',
  },
  'postgres.replica_lag': {
    severity: 'warning',
    means: 'Standbys are behind; a failover would lose what they lack.',
    todo: 'look at network and disk of the standbys',
  },
  'postgres.asynchronous_replication': {
    severity: 'warning',
    means: 'No standby is synchronous: a failover may lose an acknowledged revocation.',
    todo: 'set synchronous_standby_names',
  },
  'postgres.invalid_index': {
    severity: 'error',
    means: 'An index was not built to its end and serves no query.',
    todo: 'REINDEX INDEX CONCURRENTLY with the name',
  },
  'postgres.dead_rows': {
    severity: 'warning',
    means: 'Tables hold more dead rows than live ones; autovacuum does not keep up.',
    todo: 'look for transactions that stay open; VACUUM the table',
  },
  'postgres.old_transactions': {
    severity: 'error',
    means: 'The database comes near the wraparound of transaction ids, at which it stops taking writes.',
    todo: 'VACUUM FREEZE, and find out why autovacuum does not',
  },
  'postgres.connections_near_limit': {
    severity: 'warning',
    means: 'Most of the connections that PostgreSQL allows are in use.',
    todo: 'raise max_connections, or lower DATABASE_POOL_SIZE',
  },
  'redis.unreachable': {
    severity: 'error',
    means: 'Redis is configured and does not answer; the cache was not examined.',
    todo: 'repair it; PostgreSQL answers meanwhile',
  },
  'redis.too_old': { severity: 'error', means: 'Redis is older than 7.', todo: 'upgrade Redis' },
  'redis.is_replica': {
    severity: 'error',
    means: 'The server behind REDIS_URL is a replica; it takes no write and counts as away.',
    todo: 'point REDIS_URL to the primary, or use redis-sentinel://',
  },
  'redis.evicts': {
    severity: 'warning',
    means: 'When memory is full Redis may evict marks of ended sessions.',
    todo: 'set maxmemory-policy noeviction or volatile-ttl',
  },
  'redis.memory_near_limit': {
    severity: 'warning',
    means: 'Redis has used nine tenths of maxmemory.',
    todo: 'raise maxmemory',
  },
  'redis.not_persistent': {
    severity: 'note',
    means:
      'Redis saves nothing: after a restart it is empty, and every session is read from PostgreSQL once.',
    todo: 'appendonly yes, if that is more than PostgreSQL can take at once',
  },
  'redis.clock_skew': {
    severity: 'warning',
    means: 'The clocks of Redis and of this machine differ; limits count by that of Redis.',
    todo: 'run NTP on both',
  },
  'redis.replica_lag': {
    severity: 'warning',
    means: 'Replicas of Redis are behind or cut off.',
    todo: 'look at the network between them',
  },
  'disk.low': {
    severity: 'error',
    means: 'The disk of the embedded database is nearly full.',
    todo: 'make room, or move DATA_DIR',
  },
} as const satisfies Record<string, Meaning>;

const installation = {
  'schema.older': {
    severity: 'error',
    means: 'The schema lacks migrations of this version.',
    todo: 'rollcall migrate',
  },
  'schema.newer': {
    severity: 'error',
    means: 'The schema was migrated by a newer version; this one does not start on it.',
    todo: 'use the newer version',
  },
  'keys.none': {
    severity: 'error',
    means: 'No key signs tokens: no instance has started yet, or keys were removed by hand.',
    todo: 'start an instance',
  },
  'keys.no_successor': {
    severity: 'warning',
    means: 'No successor of the signing key is published; a withdrawal would surprise verifiers.',
    todo: 'restart an instance, which makes one',
  },
  'keys.old': {
    severity: 'warning',
    means: 'The signing key is older than SIGNING_KEY_ROTATION allows; nobody has rotated it.',
    todo: 'rollcall keys rotate',
  },
  'keys.other_secret': {
    severity: 'error',
    means: 'SECRET_KEY does not open the stored signing keys; no instance starts with it.',
    todo: 'set the SECRET_KEY that the installation was made with',
  },
  'readers.lagging': {
    severity: 'warning',
    means: 'What follows the event log has not read it for a while.',
    todo: 'see that a process runs the jobs (JOBS_ENABLED, npm run worker), and what its log says',
  },
  'instances.silent': {
    severity: 'warning',
    means:
      'Instances are registered that show no sign of life: killed, frozen or cut off. Revocations wait a second for one at first.',
    todo: 'nothing, if they are gone: others remove them after an hour, or a start with the same INSTANCE_ID',
  },
  'instances.fenced': {
    severity: 'warning',
    means:
      'Others have stopped waiting for an instance that was silent; it asks PostgreSQL until it has caught up.',
    todo: 'nothing if rare; else more CPU',
  },
  'jobs.bulk_end_stuck': {
    severity: 'warning',
    means: 'An order to end many sessions is not done, or not proven, after ten minutes.',
    todo: 'see that an instance runs; look for bulk_end.interrupted in its log',
  },
  'jobs.mail_stuck': {
    severity: 'warning',
    means: 'Mail is due and nobody sends it.',
    todo: 'see that a process runs the jobs, and what its log says',
  },
  'jobs.cleanup_behind': {
    severity: 'warning',
    means: 'Sessions are stored that SESSION_HISTORY_DAYS says to be forgotten.',
    todo: 'see that a process runs the jobs; look for cleanup.failed in its log',
  },
} as const satisfies Record<string, Meaning>;

export const catalogue = { ...cache, ...stores, ...installation, ...settingsCatalogue };

export type FindingId = keyof typeof catalogue;
