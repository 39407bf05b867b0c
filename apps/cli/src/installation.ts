import { setTimeout as delay } from 'node:timers/promises';
import { AnalyticsModule } from '@app/analytics';
import { AuditModule } from '@app/audit';
import { AuthModule } from '@app/auth';
import { type Config, loadConfig, resolveServerSecret } from '@app/config';
import { Clock, CryptoRandomSource, RandomSource, ServerSecret, SystemClock } from '@app/kernel';
import { type OpenDatabase, openDatabase, type Opening, PostgresModule } from '@app/postgres';
import { RedisConnection, RedisModule } from '@app/redis';
import { createLogger, TelemetryModule } from '@app/telemetry';
import { SigningKeyRotation, TokensModule } from '@app/tokens';
import { type DynamicModule, Global, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Milliseconds. A person waits; whoever starts beside its database says so. */
const serverPatienceMs = 2_000;
const redisPatienceMs = 1_000;
const redisPauseMs = 20;

@Module({})
class CommandModule {}

@Global()
@Module({})
class RuntimeModule {}

const clock = new SystemClock();

/** A command is short: what it was about to do fails with the same error. */
const onIdleError = (): void => undefined;

/** Opens the configured database for the time of `work`, in the words of Opening. */
export async function withDatabase<T>(
  config: Config,
  { schema, patienceMs = serverPatienceMs }: Pick<Opening, 'schema' | 'patienceMs'>,
  work: (open: OpenDatabase) => Promise<T>,
): Promise<T> {
  const open = await openDatabase(config.postgres, { clock, onIdleError, schema, patienceMs });
  try {
    return await work(open);
  } finally {
    await open.close();
  }
}

/** Runs `work` with the parts of `modules`, beside running instances: they enter no registry, so nobody waits for them. */
export async function withModules<T>(
  { config, open }: { config: Config; open: OpenDatabase },
  modules: readonly DynamicModule[],
  work: (parts: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const parts = await NestFactory.createApplicationContext(
    { module: CommandModule, imports: [...basis(config, open), ...modules] },
    { logger: false, abortOnError: false },
  );
  try {
    return await work(parts);
  } finally {
    await parts.close();
  }
}

/** The same on the schema of this version, and under the SECRET_KEY of the installation only. */
async function withParts<T>(
  modules: (config: Config) => readonly DynamicModule[],
  work: (parts: INestApplicationContext) => Promise<T>,
): Promise<T> {
  const config = loadConfig();
  return withDatabase(config, { schema: 'expect' }, (open) =>
    withModules({ config, open }, modules(config), async (parts) => {
      await parts.get(SigningKeyRotation, { strict: false }).proveSecret();
      return work(parts);
    }),
  );
}

/** Keys and clients. */
export function withTokens<T>(work: (parts: INestApplicationContext) => Promise<T>): Promise<T> {
  return withParts(({ tokens }) => [TokensModule.forAdministration(tokens)], work);
}

/** The audit; tokens, since SECRET_KEY is proven by the keys it opens. */
export function withAudit<T>(work: (parts: INestApplicationContext) => Promise<T>): Promise<T> {
  return withParts(
    ({ tokens }) => [TokensModule.forAdministration(tokens), AuditModule.forAdministration()],
    work,
  );
}

/** What is counted from the event log. */
export function withNumbers<T>(work: (parts: INestApplicationContext) => Promise<T>): Promise<T> {
  return withParts(
    ({ tokens }) => [TokensModule.forAdministration(tokens), AnalyticsModule.forAdministration()],
    work,
  );
}

/** Accounts and sessions, which are in Redis, too. */
export function withAccounts<T>(
  work: (parts: INestApplicationContext) => Promise<T>,
  warn: (line: string) => void,
): Promise<T> {
  return withParts(
    (config) => [RedisModule.forRoot(config.redis), AuthModule.forAdministration(config)],
    async (parts) => {
      if (!(await isReachable(parts.get(RedisConnection, { strict: false }))))
        warn('Redis does not answer: what ends now gets no mark there. Run: rollcall doctor --repair');
      return work(parts);
    },
  );
}

/** True if Redis answers, or none is configured. */
export async function isReachable(redis: RedisConnection): Promise<boolean> {
  const deadline = clock.monotonicMs() + redisPatienceMs;
  while (redis.isConfigured && !redis.isAvailable) {
    if (clock.monotonicMs() > deadline) return false;
    await delay(redisPauseMs);
  }
  return true;
}

function basis(config: Config, open: OpenDatabase): DynamicModule[] {
  const providers = [
    { provide: Clock, useValue: clock },
    { provide: RandomSource, useValue: new CryptoRandomSource() },
    { provide: ServerSecret, useValue: resolveServerSecret(config) },
  ];
  return [
    { module: RuntimeModule, providers, exports: providers },
    TelemetryModule.forRoot(createLogger('silent')),
    PostgresModule.forRoot(open),
  ];
}
