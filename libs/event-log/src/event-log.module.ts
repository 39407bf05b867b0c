import { Module } from '@nestjs/common';
import { EventLog } from './domain/event-log.js';
import { LogReaders } from './domain/log-readers.js';
import { LogSource } from './domain/log-source.js';
import { UserEventReader } from './domain/user-event-reader.js';
import { DrizzleEventLog } from './infrastructure/postgres/drizzle-event-log.js';
import { DrizzleUserEventReader } from './infrastructure/postgres/drizzle-user-event-reader.js';
import { PostgresLogReaders } from './infrastructure/postgres/postgres-log-readers.js';
import { PostgresLogSource } from './infrastructure/postgres/postgres-log-source.js';

@Module({
  providers: [
    { provide: EventLog, useClass: DrizzleEventLog },
    { provide: LogSource, useClass: PostgresLogSource },
    { provide: LogReaders, useClass: PostgresLogReaders },
    { provide: UserEventReader, useClass: DrizzleUserEventReader },
  ],
  exports: [EventLog, LogReaders, LogSource, UserEventReader],
})
export class EventLogModule {}
