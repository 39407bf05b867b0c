import { Module } from '@nestjs/common';
import { EventLog } from './domain/event-log.js';
import { DrizzleEventLog } from './infrastructure/postgres/drizzle-event-log.js';

@Module({
  providers: [{ provide: EventLog, useClass: DrizzleEventLog }],
  exports: [EventLog],
})
export class EventLogModule {}
