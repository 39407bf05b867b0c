import { Module } from '@nestjs/common';
import { EventLog } from './domain/event-log.js';
import { LogSource } from './domain/log-source.js';
import { DrizzleEventLog } from './infrastructure/postgres/drizzle-event-log.js';
import { PostgresLogSource } from './infrastructure/postgres/postgres-log-source.js';

@Module({
  providers: [
    { provide: EventLog, useClass: DrizzleEventLog },
    { provide: LogSource, useClass: PostgresLogSource },
  ],
  exports: [EventLog, LogSource],
})
export class EventLogModule {}
