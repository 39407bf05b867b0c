import { type Config, loadConfig } from '@app/config';
import { Clock, CryptoRandomSource, RandomSource, ServerSecret, UnitOfWork } from '@app/kernel';
import { Database } from '@app/postgres';
import { RedisModule } from '@app/redis';
import { type ClientFacts, SessionAuthority } from '@app/sessions';
import { createLogger, TelemetryModule } from '@app/telemetry';
import type { FakeClock } from '@app/testing';
import { AccessTokens, RefreshTokens, RevokedTokenRepository } from '@app/tokens';
import { UserRepository } from '@app/users';
import { type DynamicModule, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { sql } from 'drizzle-orm';
import {
  AccountControl,
  AuthModule,
  FirstAdministratorSetup,
  PasswordHasher,
  Registration,
  SessionCheck,
  SignIn,
  SignOut,
  StandingReader,
} from '../src/index.js';
import { Cleanup } from '../src/application/cleanup.js';
import { Argon2PasswordHasher } from '../src/infrastructure/argon2/argon2-password-hasher.js';

export const client: ClientFacts = {
  ipAddress: '192.0.2.1',
  userAgent: 'agent',
  device: { browser: null, os: null, kind: 'other' },
};

/** What most people ask for when they sign in. */
export const wish = { client, profile: 'standard' } as const;

/** The default lifetimes with some replaced. */
export const lifetimes = (
  changes: Partial<Config['sessions']['lifetimes']>,
): Config['sessions']['lifetimes'] => ({ ...loadConfig({}).sessions.lifetimes, ...changes });

/** The least that argon2 accepts: these tests sign in hundreds of times and are not about its cost. */
const cheapPasswords = { minLength: 15, memoryKib: 8, iterations: 1, concurrency: 2 };
const secret = new ServerSecret(Buffer.from('a root secret that only these tests use'));

/** Lets a test act between the check of a password and what follows it. */
export class InterruptedHasher extends Argon2PasswordHasher {
  afterVerify: () => Promise<void> = async () => undefined;

  override async verify(password: string, stored: string): Promise<boolean> {
    const isRight = await super.verify(password, stored);
    await this.afterVerify();
    return isRight;
  }
}

const started: TestingModule[] = [];
let instances = 0;

/** One instance as an app wires it, with a feed of its own; several on one database are a fleet. */
export async function startInstance(
  database: Database,
  clock: FakeClock,
  overrides: {
    sessions?: Partial<Config['sessions']>;
    passwords?: Partial<Config['passwords']>;
    rateLimit?: Partial<Config['rateLimit']>;
  } = {},
) {
  const config = loadConfig({
    INSTANCE_ID: `instance-${(instances += 1)}`,
    RATE_LIMIT_ENABLED: 'false',
  });
  const passwords = { ...cheapPasswords, ...overrides.passwords };
  const module = await Test.createTestingModule({
    imports: [
      given({ clock, database }),
      TelemetryModule.forRoot(createLogger('silent')),
      RedisModule.forRoot(null),
      AuthModule.forRoot({
        ...config,
        passwords,
        sessions: { ...config.sessions, ...overrides.sessions },
        rateLimit: { ...config.rateLimit, ...overrides.rateLimit },
      }),
    ],
  })
    .overrideProvider(PasswordHasher)
    .useValue(new InterruptedHasher(passwords, secret))
    .compile();
  started.push(await module.init());
  return {
    accounts: module.get(AccountControl, { strict: false }),
    accessTokens: module.get(AccessTokens, { strict: false }),
    authority: module.get(SessionAuthority, { strict: false }),
    cleanup: module.get(Cleanup, { strict: false }),
    check: module.get(SessionCheck, { strict: false }),
    clock,
    firstAdministrator: module.get(FirstAdministratorSetup, { strict: false }),
    hasher: module.get<InterruptedHasher>(PasswordHasher, { strict: false }),
    reader: module.get(StandingReader, { strict: false }),
    refreshTokens: module.get(RefreshTokens, { strict: false }),
    registration: module.get(Registration, { strict: false }),
    revokedTokens: module.get(RevokedTokenRepository, { strict: false }),
    signIn: module.get(SignIn, { strict: false }),
    signOut: module.get(SignOut, { strict: false }),
    users: module.get(UserRepository, { strict: false }),
  };
}

/** Ends the feeds of all instances started so far; before their databases close. */
export async function stopInstances(): Promise<void> {
  await Promise.all(started.splice(0).map((module) => module.close()));
}

@Module({})
class Given {}

function given({ clock, database }: { clock: Clock; database: Database }): DynamicModule {
  const providers = [
    { provide: Clock, useValue: clock },
    { provide: RandomSource, useValue: new CryptoRandomSource() },
    { provide: ServerSecret, useValue: secret },
    { provide: Database, useValue: database },
    { provide: UnitOfWork, useValue: database },
  ];
  return { module: Given, global: true, providers, exports: providers };
}

export type Instance = Awaited<ReturnType<typeof startInstance>>;

export interface StoredEvent {
  readonly type: string;
  readonly sessionId: string | null;
  readonly gen: number | null;
  readonly reason: string | null;
  readonly xid: string;
}

export function eventsOf(database: Database, userId: string): Promise<StoredEvent[]> {
  return database.query((orm) =>
    orm
      .select({
        type: sql<string>`type`,
        sessionId: sql<string | null>`session_id`,
        gen: sql<number | null>`gen`.mapWith(Number),
        reason: sql<string | null>`payload->>'reason'`,
        xid: sql<string>`xid::text`,
      })
      .from(sql`event_log`)
      .where(sql`user_id = ${userId}`)
      .orderBy(sql`id`),
  );
}

/** Rows of a table whose `column` holds `id`, with the transaction that last wrote them. */
export async function writersOf(
  database: Database,
  table: 'users' | 'sessions',
  column: 'id' | 'user_id',
  id: string,
): Promise<string[]> {
  const rows = await database.query((orm) =>
    orm
      .select({ xid: sql<string>`xmin::text` })
      .from(sql`${sql.identifier(table)}`)
      .where(sql`${sql.identifier(column)} = ${id}`),
  );
  return rows.map(({ xid }) => xid);
}
