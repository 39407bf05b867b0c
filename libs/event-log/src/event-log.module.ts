import { Module } from '@nestjs/common';
import { LogLag } from './application/log-lag.js';
import { LogTail } from './application/log-tail.js';
import { EventLog } from './domain/event-log.js';
import { LogPurge } from './domain/log-purge.js';
import { LogPages } from './domain/log-pages.js';
import { LogReaders } from './domain/log-readers.js';
import { LogSource } from './domain/log-source.js';
import { UserEventReader } from './domain/user-event-reader.js';
import { DrizzleEventLog } from './infrastructure/postgres/drizzle-event-log.js';
import { DrizzleUserEventReader } from './infrastructure/postgres/drizzle-user-event-reader.js';
import { PostgresLogPurge } from './infrastructure/postgres/postgres-log-purge.js';
import { PostgresLogPages } from './infrastructure/postgres/postgres-log-pages.js';
import { PostgresLogReaders } from './infrastructure/postgres/postgres-log-readers.js';
import { PostgresLogSource } from './infrastructure/postgres/postgres-log-source.js';

@Module({
  providers: [
    { provide: EventLog, useClass: DrizzleEventLog },
    { provide: LogSource, useClass: PostgresLogSource },
    { provide: LogReaders, useClass: PostgresLogReaders },
    { provide: UserEventReader, useClass: DrizzleUserEventReader },
    { provide: LogPurge, useClass: PostgresLogPurge },
    { provide: LogPages, useClass: PostgresLogPages },
    LogTail,
    LogLag,
  ],
  exports: [EventLog, LogPages, LogPurge, LogReaders, LogSource, LogTail, UserEventReader],
})
export class EventLogModule {}
