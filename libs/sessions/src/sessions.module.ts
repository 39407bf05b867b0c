import { randomUUID } from 'node:crypto';
import type { SessionsConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module } from '@nestjs/common';
import { AuthorityState } from './application/coherence/authority-state.js';
import { FeedRunner } from './application/coherence/feed-runner.js';
import { HeartbeatObserver } from './application/coherence/heartbeat-observer.js';
import { LocalSessions } from './application/coherence/local-sessions.js';
import { NamesakeWatch } from './application/coherence/namesake-watch.js';
import { RevocationBarrier } from './application/coherence/revocation-barrier.js';
import { RevocationBroadcast } from './application/coherence/revocation-broadcast.js';
import { RevocationFeed } from './application/coherence/revocation-feed.js';
import { SessionAuthority } from './application/session-authority.js';
import { EntryStore } from './domain/coherence/entry-store.js';
import { InstanceRegistry } from './domain/coherence/instance-registry.js';
import { RevocationRepair } from './domain/coherence/revocation-repair.js';
import { SessionRepository } from './domain/session-repository.js';
import { DrizzleSessionRepository } from './infrastructure/postgres/drizzle-session-repository.js';
import { PostgresInstanceRegistry } from './infrastructure/postgres/postgres-instance-registry.js';
import { PostgresRevocationRepair } from './infrastructure/postgres/postgres-revocation-repair.js';
import { RedisEntryStore } from './infrastructure/redis/redis-entry-store.js';
import { type InstanceConfig, instanceToken, sessionsConfigToken } from './sessions.config.js';

@Module({})
export class SessionsModule {
  static forRoot(config: SessionsConfig): DynamicModule {
    const instance: InstanceConfig = { id: randomUUID(), name: config.instanceName };
    return {
      module: SessionsModule,
      imports: [EventLogModule],
      providers: [
        { provide: sessionsConfigToken, useValue: config },
        { provide: instanceToken, useValue: instance },
        { provide: SessionRepository, useClass: DrizzleSessionRepository },
        { provide: InstanceRegistry, useClass: PostgresInstanceRegistry },
        { provide: RevocationRepair, useClass: PostgresRevocationRepair },
        { provide: EntryStore, useClass: RedisEntryStore },
        HeartbeatObserver,
        NamesakeWatch,
        RevocationFeed,
        FeedRunner,
        RevocationBarrier,
        RevocationBroadcast,
        LocalSessions,
        AuthorityState,
        SessionAuthority,
      ],
      exports: [
        SessionAuthority,
        AuthorityState,
        RevocationFeed,
        RevocationBroadcast,
        EntryStore,
        LocalSessions,
      ],
    };
  }
}
