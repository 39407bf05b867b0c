import type { Config } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { RateLimitModule } from '@app/rate-limit';
import { SessionsModule } from '@app/sessions';
import { TokensModule } from '@app/tokens';
import { UsersModule } from '@app/users';
import { type DynamicModule, Module } from '@nestjs/common';
import { FirstAdministratorSetup } from './application/first-administrator.js';
import { LiveInstances } from './application/live-instances.js';
import { Passwords } from './application/passwords.js';
import { Registration } from './application/registration.js';
import { SessionCacheReader } from './application/session-cache-reader.js';
import { SessionCheck } from './application/session-check.js';
import { SessionDatabaseReader } from './application/session-database-reader.js';
import { SignIn } from './application/sign-in.js';
import { SignOut } from './application/sign-out.js';
import { TokenRevocation } from './application/token-revocation.js';
import { passwordsConfigToken, sessionFallbackToken } from './auth.config.js';
import { CommonPasswords } from './domain/common-passwords.js';
import { PasswordHasher } from './domain/password-hasher.js';
import { StandingReader } from './domain/standing-reader.js';
import { Argon2PasswordHasher } from './infrastructure/argon2/argon2-password-hasher.js';
import { ZxcvbnCommonPasswords } from './infrastructure/dictionary/zxcvbn-common-passwords.js';
import { DrizzleStandingReader } from './infrastructure/postgres/drizzle-standing-reader.js';

const useCases = [
  Passwords,
  SignIn,
  Registration,
  SignOut,
  SessionCheck,
  TokenRevocation,
  FirstAdministratorSetup,
];

@Module({})
export class AuthModule {
  static forRoot(config: Pick<Config, 'passwords' | 'rateLimit' | 'sessions' | 'tokens'>): DynamicModule {
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
        { provide: sessionFallbackToken, useValue: config.sessions.fallback },
        { provide: PasswordHasher, useClass: Argon2PasswordHasher },
        { provide: CommonPasswords, useClass: ZxcvbnCommonPasswords },
        { provide: StandingReader, useClass: DrizzleStandingReader },
        SessionCacheReader,
        SessionDatabaseReader,
        ...useCases,
      ],
      exports: [...useCases, ...parts],
    };
  }
}
