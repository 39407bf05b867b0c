export { type Act, factsOf } from './domain/act.js';
export { LogFollower } from './application/log-follower.js';
export { LogTail } from './application/log-tail.js';
export { type DomainEvent, type EventType, eventTypes } from './domain/event.js';
export { EventLog } from './domain/event-log.js';
export type { DatabaseIdentity, LogPosition } from './domain/log-position.js';
export { type LogPage, LogPages, type PlacedEvent } from './domain/log-pages.js';
export { decodePlace, encodePlace, type LogPlace, LogPlaceLostError } from './domain/log-place.js';
export { LogPurge } from './domain/log-purge.js';
export { type LoggedEvent, type LogPoll, LogSource } from './domain/log-source.js';
export {
  type Following,
  lagSeconds,
  LogReaders,
  type LogSpan,
  type ReaderStatus,
  type StoredEvent,
} from './domain/log-readers.js';
export { isOfRefresh } from './domain/refresh-event.js';
export { shownPayload } from './domain/shown-payload.js';
export { type UserEvent, UserEventReader } from './domain/user-event-reader.js';
export { EventLogModule } from './event-log.module.js';
export { DrizzleEventLog } from './infrastructure/postgres/drizzle-event-log.js';
export { PostgresLogPurge } from './infrastructure/postgres/postgres-log-purge.js';
export { PostgresLogSource } from './infrastructure/postgres/postgres-log-source.js';
export { inSpan, PostgresLogReaders } from './infrastructure/postgres/postgres-log-readers.js';
export { ofRefresh } from './infrastructure/postgres/refresh-event.js';
export { PostgresLogPages } from './infrastructure/postgres/postgres-log-pages.js';
