import type { SessionsConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module } from '@nestjs/common';
import { SessionAuthority } from './application/session-authority.js';
import { SessionRepository } from './domain/session-repository.js';
import { DrizzleSessionRepository } from './infrastructure/postgres/drizzle-session-repository.js';
import { sessionsConfigToken } from './sessions.config.js';

@Module({})
export class SessionsModule {
  static forRoot(config: SessionsConfig): DynamicModule {
    return {
      module: SessionsModule,
      imports: [EventLogModule],
      providers: [
        { provide: sessionsConfigToken, useValue: config },
        { provide: SessionRepository, useClass: DrizzleSessionRepository },
        SessionAuthority,
      ],
      exports: [SessionAuthority],
    };
  }
}
