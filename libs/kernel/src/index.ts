export { Bulkhead, OverloadedError } from './bulkhead.js';
export { Clock, SystemClock } from './clock.js';
export { DomainError, StoreUnavailableError, type ErrorFacts, type ErrorKind } from './errors.js';
export { parseSessionId, type SessionId, type TokenId, type UserId } from './ids.js';
export { KeyedQueue, QueueFullError } from './keyed-queue.js';
export { CryptoRandomSource, RandomSource, uuidV7 } from './random-source.js';
export { Sealer, ServerSecret, UnsealError } from './server-secret.js';
export { SingleFlight } from './single-flight.js';
export { UnitOfWork } from './unit-of-work.js';
