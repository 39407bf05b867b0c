export type { DomainEvent, EventType } from './domain/event.js';
export { EventLog } from './domain/event-log.js';
export { EventLogModule } from './event-log.module.js';
export { DrizzleEventLog } from './infrastructure/postgres/drizzle-event-log.js';
