export { BulkEndRunner } from './application/administration/bulk-end-runner.js';
export {
  BulkEnding,
  type BulkPreview,
  type BulkStanding,
  type BulkWish,
} from './application/administration/bulk-ending.js';
export { SessionTermination } from './application/administration/session-termination.js';
export { SessionActivity } from './application/activity/session-activity.js';
export { type AuthorityMode, AuthorityState } from './application/coherence/authority-state.js';
export { InstanceOverview, type SeenInstance } from './application/coherence/instance-overview.js';
export { LocalSessions } from './application/coherence/local-sessions.js';
export { feedTiming } from './application/coherence/feed-timing.js';
export {
  type Propagation,
  type Revocation,
  RevocationBroadcast,
} from './application/coherence/revocation-broadcast.js';
export { RevocationFeed } from './application/coherence/revocation-feed.js';
export { DeviceKeys } from './application/device-keys.js';
export { RefreshLineage, type Spending } from './application/refresh-lineage.js';
export {
  type Actor,
  type EndedMany,
  type EndedOne,
  type Opening,
  SessionAuthority,
} from './application/session-authority.js';
export { CacheExam, type CacheRecord, type EndedMark } from './domain/coherence/cache-exam.js';
export {
  type Burial,
  type CachedSession,
  EntryStore,
  type Lookup,
  type SessionKey,
} from './domain/coherence/entry-store.js';
export { DeviceRegistry, type Recognition, type Sighting } from './domain/device-registry.js';
export {
  SessionDirectory,
  type SessionFilter,
  type SessionPage,
  type SessionPlace,
  type SessionSearch,
} from './domain/session-directory.js';
export { SessionExpiry } from './application/session-expiry.js';
export { SessionPurge } from './application/session-purge.js';
export { type LiveCount, SessionStatistics, type UserStatistics } from './domain/session-statistics.js';
export type { Share } from './domain/share.js';
export { type NewShare, SessionShares } from './application/session-shares.js';
export { RevocationRepair } from './domain/coherence/revocation-repair.js';
export { partitionOf } from './domain/coherence/partition.js';
export { isSameData, type RedisPlace } from './domain/coherence/instance-registry.js';
export type { Objection } from './domain/coherence/revoked-map.js';
export {
  type ClientFacts,
  type Device,
  type EndReason,
  endOf,
  hasTimedOut,
  type Session,
  type SessionEnd,
  type SessionProfile,
  type SessionScope,
  type SessionSpan,
} from './domain/session.js';
export {
  type EndedSession,
  type Ending,
  type EvictionOrder,
  type HistoryPage,
} from './domain/session-repository.js';
export {
  BulkEndNotFoundError,
  SessionLimitReachedError,
  SessionNotFoundError,
  ShareInvalidError,
  ShareNotFoundError,
} from './domain/sessions.errors.js';
export { DrizzleSessionRepository } from './infrastructure/postgres/drizzle-session-repository.js';
export { PostgresSessionStatistics } from './infrastructure/postgres/postgres-session-statistics.js';
export { toSessionEnd } from './infrastructure/postgres/session.mapper.js';
export { sessionsTable } from './infrastructure/postgres/sessions.table.js';
export { SessionsModule } from './sessions.module.js';
