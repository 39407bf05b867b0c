import { randomUUID } from 'node:crypto';
import type { SessionsConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { BulkEndRunner } from './application/administration/bulk-end-runner.js';
import { BulkEndSchedule } from './application/administration/bulk-end-schedule.js';
import { BulkEnding } from './application/administration/bulk-ending.js';
import { SessionTermination } from './application/administration/session-termination.js';
import { ActivityRunner } from './application/activity/activity-runner.js';
import { SessionActivity } from './application/activity/session-activity.js';
import { AuthorityState } from './application/coherence/authority-state.js';
import { FeedGlance } from './application/coherence/feed-glance.js';
import { FeedRunner } from './application/coherence/feed-runner.js';
import { HeartbeatObserver } from './application/coherence/heartbeat-observer.js';
import { InstanceOverview } from './application/coherence/instance-overview.js';
import { LocalSessions } from './application/coherence/local-sessions.js';
import { ModeWatch } from './application/coherence/mode-watch.js';
import { NamesakeWatch } from './application/coherence/namesake-watch.js';
import { RevocationBarrier } from './application/coherence/revocation-barrier.js';
import { RevocationBroadcast } from './application/coherence/revocation-broadcast.js';
import { RevocationFeed } from './application/coherence/revocation-feed.js';
import { DeviceKeys } from './application/device-keys.js';
import { LiveSessions } from './application/live-sessions.js';
import { RefreshLineage } from './application/refresh-lineage.js';
import { SessionAuthority } from './application/session-authority.js';
import { SessionExpiry } from './application/session-expiry.js';
import { SessionPurge } from './application/session-purge.js';
import { SessionShares } from './application/session-shares.js';
import { ActivityStore } from './domain/activity.js';
import { BulkEndRepository } from './domain/bulk-end.js';
import { CacheExam } from './domain/coherence/cache-exam.js';
import { EntryStore } from './domain/coherence/entry-store.js';
import { ExpiredSessions } from './domain/expired-sessions.js';
import { InstanceRegistry } from './domain/coherence/instance-registry.js';
import { RevocationRepair } from './domain/coherence/revocation-repair.js';
import { DeviceRegistry } from './domain/device-registry.js';
import { SessionDirectory } from './domain/session-directory.js';
import { SessionRepository } from './domain/session-repository.js';
import { SessionStatistics } from './domain/session-statistics.js';
import { ShareRepository } from './domain/share.js';
import { DrizzleDeviceRegistry } from './infrastructure/postgres/drizzle-device-registry.js';
import { DrizzleSessionRepository } from './infrastructure/postgres/drizzle-session-repository.js';
import { DrizzleShareRepository } from './infrastructure/postgres/drizzle-share-repository.js';
import { PostgresActivityStore } from './infrastructure/postgres/postgres-activity-store.js';
import { PostgresBulkEnds } from './infrastructure/postgres/postgres-bulk-ends.js';
import { PostgresExpiredSessions } from './infrastructure/postgres/postgres-expired-sessions.js';
import { PostgresInstanceRegistry } from './infrastructure/postgres/postgres-instance-registry.js';
import { PostgresRevocationRepair } from './infrastructure/postgres/postgres-revocation-repair.js';
import { PostgresSessionDirectory } from './infrastructure/postgres/postgres-session-directory.js';
import { PostgresSessionStatistics } from './infrastructure/postgres/postgres-session-statistics.js';
import { RedisCacheExam } from './infrastructure/redis/redis-cache-exam.js';
import { RedisEntryStore } from './infrastructure/redis/redis-entry-store.js';
import { type InstanceConfig, instanceToken, sessionsConfigToken } from './sessions.config.js';

/** What can end sessions and prove it, on any process. */
const ending = [
  { provide: SessionRepository, useClass: DrizzleSessionRepository },
  { provide: SessionDirectory, useClass: PostgresSessionDirectory },
  { provide: BulkEndRepository, useClass: PostgresBulkEnds },
  { provide: InstanceRegistry, useClass: PostgresInstanceRegistry },
  { provide: RevocationRepair, useClass: PostgresRevocationRepair },
  { provide: EntryStore, useClass: RedisEntryStore },
  HeartbeatObserver,
  RevocationFeed,
  RevocationBarrier,
  RevocationBroadcast,
  SessionAuthority,
  SessionTermination,
  BulkEndRunner,
  BulkEnding,
];

/** Tells of sessions that time has ended. */
const expiry = [{ provide: ExpiredSessions, useClass: PostgresExpiredSessions }, SessionExpiry];

@Module({})
export class SessionsModule {
  static forRoot(config: SessionsConfig): DynamicModule {
    return {
      module: SessionsModule,
      imports: [EventLogModule],
      providers: [
        ...settingsOf(config),
        ...ending,
        { provide: DeviceRegistry, useClass: DrizzleDeviceRegistry },
        { provide: SessionStatistics, useClass: PostgresSessionStatistics },
        { provide: ShareRepository, useClass: DrizzleShareRepository },
        { provide: ActivityStore, useClass: PostgresActivityStore },
        NamesakeWatch,
        FeedRunner,
        LocalSessions,
        InstanceOverview,
        AuthorityState,
        ModeWatch,
        LiveSessions,
        SessionActivity,
        ActivityRunner,
        RefreshLineage,
        SessionShares,
        SessionPurge,
        ...expiry,
        DeviceKeys,
        BulkEndSchedule,
      ],
      exports: [
        BulkEnding,
        SessionDirectory,
        SessionTermination,
        SessionAuthority,
        SessionActivity,
        RefreshLineage,
        SessionShares,
        SessionPurge,
        SessionExpiry,
        SessionStatistics,
        DeviceKeys,
        DeviceRegistry,
        AuthorityState,
        RevocationFeed,
        RevocationBroadcast,
        EntryStore,
        LocalSessions,
        InstanceOverview,
      ],
    };
  }

  /** For commands: ends sessions as an instance does, without following the feed, so nobody waits for it. */
  static forAdministration(config: SessionsConfig): DynamicModule {
    return {
      module: SessionsModule,
      imports: [EventLogModule],
      providers: [
        ...settingsOf(config),
        ...ending,
        { provide: CacheExam, useClass: RedisCacheExam },
        FeedGlance,
        InstanceOverview,
      ],
      exports: [
        BulkEnding,
        BulkEndRunner,
        CacheExam,
        EntryStore,
        InstanceOverview,
        RevocationBroadcast,
        RevocationRepair,
        SessionAuthority,
        SessionDirectory,
        SessionTermination,
      ],
    };
  }

  /** For a process that answers nobody: it follows no feed, and nobody waits for it. */
  static forJobs(): DynamicModule {
    return {
      module: SessionsModule,
      imports: [EventLogModule],
      providers: [
        { provide: SessionRepository, useClass: DrizzleSessionRepository },
        { provide: ShareRepository, useClass: DrizzleShareRepository },
        { provide: BulkEndRepository, useClass: PostgresBulkEnds },
        SessionPurge,
        ...expiry,
      ],
      exports: [SessionPurge, SessionExpiry],
    };
  }
}

function settingsOf(config: SessionsConfig): Provider[] {
  const instance: InstanceConfig = { id: randomUUID(), name: config.instanceName };
  return [
    { provide: sessionsConfigToken, useValue: config },
    { provide: instanceToken, useValue: instance },
  ];
}
