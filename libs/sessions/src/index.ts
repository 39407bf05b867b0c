export { type Actor, SessionAuthority } from './application/session-authority.js';
export {
  type ClientFacts,
  type Device,
  type EndReason,
  endOf,
  type Session,
  type SessionEnd,
  type SessionSpan,
} from './domain/session.js';
export { type Ending, type EvictionOrder, SessionRepository } from './domain/session-repository.js';
export { SessionLimitReachedError, SessionNotFoundError } from './domain/sessions.errors.js';
export { DrizzleSessionRepository } from './infrastructure/postgres/drizzle-session-repository.js';
export { toSessionEnd } from './infrastructure/postgres/session.mapper.js';
export { sessionsTable } from './infrastructure/postgres/sessions.table.js';
export { SessionsModule } from './sessions.module.js';
