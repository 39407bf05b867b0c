import { CacheStore, RedisCacheStore, SealedCacheStore } from '@app/cache';
import type { Config } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { rateLimitConfigToken, RateLimitModule, SubjectDigests } from '@app/rate-limit';
import { ServerSecret } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { SessionsModule } from '@app/sessions';
import { TokensModule } from '@app/tokens';
import { UsersModule } from '@app/users';
import { type DynamicModule, Module } from '@nestjs/common';
import { AccountCreation } from './application/account-creation.js';
import { AccountControl } from './application/account-control.js';
import { AccountDirectory } from './application/account-directory.js';
import { AccountLocks } from './application/account-locks.js';
import { AccountRoles } from './application/account-roles.js';
import { Avatars } from './application/avatars.js';
import { AgentWatch } from './application/agent-watch.js';
import { AccountProtection } from './application/account-protection.js';
import { Challenges } from './application/challenges.js';
import { FirstAdministratorSetup } from './application/first-administrator.js';
import { LimitControl } from './application/limit-control.js';
import { LiveInstances } from './application/live-instances.js';
import { Passwords } from './application/passwords.js';
import { Profiles } from './application/profiles.js';
import { Reauthentication } from './application/reauthentication.js';
import { Refresh } from './application/refresh.js';
import { Cleanup } from './application/cleanup.js';
import { ExpirySweep } from './application/expiry-sweep.js';
import { RefreshTokenProof } from './application/refresh-token-proof.js';
import { ProtectionSweep } from './application/protection-sweep.js';
import { Registration } from './application/registration.js';
import { SessionCacheReader } from './application/session-cache-reader.js';
import { SessionCheck } from './application/session-check.js';
import { SessionDatabaseReader } from './application/session-database-reader.js';
import { SessionOpening } from './application/session-opening.js';
import { SessionOverview } from './application/session-overview.js';
import { SharedSessions } from './application/shared-sessions.js';
import { SignIn } from './application/sign-in.js';
import { SignInTickets } from './application/sign-in-tickets.js';
import { SignOut } from './application/sign-out.js';
import { TokenIssuer } from './application/token-issuer.js';
import { TokenRevocation } from './application/token-revocation.js';
import { UserChanges } from './application/user-changes.js';
import {
  agentBindingToken,
  cleanupConfigToken,
  passwordsConfigToken,
  sessionFallbackToken,
  sessionsConfigToken,
} from './auth.config.js';
import { TokenIntrospection } from './application/token-introspection.js';
import { CommonPasswords } from './domain/common-passwords.js';
import { PasswordHasher } from './domain/password-hasher.js';
import { FailureLedger } from './domain/protection/failure-ledger.js';
import { KnownDevices } from './domain/protection/known-devices.js';
import { ProofOfWork } from './domain/protection/proof-of-work.js';
import { SingleUse } from './domain/single-use.js';
import { StandingReader } from './domain/standing-reader.js';
import { AltchaProofOfWork } from './infrastructure/altcha/altcha-proof-of-work.js';
import { Argon2PasswordHasher } from './infrastructure/argon2/argon2-password-hasher.js';
import { ZxcvbnCommonPasswords } from './infrastructure/dictionary/zxcvbn-common-passwords.js';
import { DrizzleFailureLedger } from './infrastructure/postgres/drizzle-failure-ledger.js';
import { DrizzleSingleUse } from './infrastructure/postgres/drizzle-single-use.js';
import { DrizzleStandingReader } from './infrastructure/postgres/drizzle-standing-reader.js';
import { KnownNetworks } from './infrastructure/postgres/known-networks.js';

const protectionStores = [
  { provide: FailureLedger, useClass: DrizzleFailureLedger },
  { provide: KnownDevices, useClass: KnownNetworks },
  { provide: SingleUse, useClass: DrizzleSingleUse },
];

/** What slows guessing down. */
const protection = [...protectionStores, { provide: ProofOfWork, useClass: AltchaProofOfWork }, Challenges];

/** What operators do to accounts and sessions. */
const administration = [
  AccountControl,
  AccountCreation,
  AccountDirectory,
  AccountLocks,
  AccountRoles,
  SessionOverview,
];

const passwordAdapters = [
  { provide: PasswordHasher, useClass: Argon2PasswordHasher },
  { provide: CommonPasswords, useClass: ZxcvbnCommonPasswords },
];

/** What follows a clock, not a request. */
const jobs = [Cleanup, ExpirySweep, ProtectionSweep];

const useCases = [
  AccountProtection,
  Passwords,
  SignIn,
  SignInTickets,
  SharedSessions,
  AgentWatch,
  Refresh,
  Reauthentication,
  ...administration,
  Registration,
  Avatars,
  Profiles,
  UserChanges,
  SignOut,
  SessionCheck,
  TokenIntrospection,
  TokenRevocation,
  FirstAdministratorSetup,
  LimitControl,
];

@Module({})
export class AuthModule {
  static forRoot(
    config: Pick<Config, 'cleanup' | 'jobs' | 'passwords' | 'rateLimit' | 'sessions' | 'tokens'>,
  ): DynamicModule {
    const sessions = SessionsModule.forRoot(config.sessions);
    const parts = [
      EventLogModule,
      UsersModule,
      sessions,
      TokensModule.forRoot(config.tokens),
      RateLimitModule.forRoot({ config: config.rateLimit, fleetSize: LiveInstances, imports: [sessions] }),
    ];
    return {
      module: AuthModule,
      imports: parts,
      providers: [
        { provide: passwordsConfigToken, useValue: config.passwords },
        { provide: sessionsConfigToken, useValue: config.sessions },
        { provide: agentBindingToken, useValue: config.sessions.bindUserAgent },
        { provide: cleanupConfigToken, useValue: config.cleanup },
        { provide: sessionFallbackToken, useValue: config.sessions.fallback },
        ...passwordAdapters,
        { provide: StandingReader, useClass: DrizzleStandingReader },
        {
          provide: CacheStore,
          inject: [RedisConnection, ServerSecret],
          useFactory: (redis: RedisConnection, secret: ServerSecret) =>
            new SealedCacheStore(new RedisCacheStore(redis), secret.deriveKey('rollcall/cache/v1')),
        },
        TokenIssuer,
        SessionOpening,
        ...protection,
        SessionCacheReader,
        SessionDatabaseReader,
        RefreshTokenProof,
        ...(config.jobs.enabled ? jobs : []),
        ...useCases,
      ],
      exports: [...useCases, ...parts],
    };
  }

  /** For commands: what operators do, without answering or following anybody. */
  static forAdministration(
    config: Pick<Config, 'passwords' | 'rateLimit' | 'sessions' | 'tokens'>,
  ): DynamicModule {
    const parts = [
      EventLogModule,
      UsersModule,
      SessionsModule.forAdministration(config.sessions),
      TokensModule.forAdministration(config.tokens),
    ];
    return {
      module: AuthModule,
      imports: parts,
      providers: [
        { provide: passwordsConfigToken, useValue: config.passwords },
        { provide: rateLimitConfigToken, useValue: config.rateLimit },
        ...passwordAdapters,
        ...protection,
        SubjectDigests,
        AccountProtection,
        Passwords,
        ...administration,
      ],
      exports: [...administration, ...parts],
    };
  }

  /** The jobs alone, for a process that answers nobody. */
  static forJobs(config: Pick<Config, 'cleanup'>): DynamicModule {
    return {
      module: AuthModule,
      imports: [EventLogModule, SessionsModule.forJobs(), TokensModule.forJobs()],
      providers: [
        { provide: cleanupConfigToken, useValue: config.cleanup },
        SubjectDigests,
        ...protectionStores,
        ...jobs,
      ],
    };
  }
}
