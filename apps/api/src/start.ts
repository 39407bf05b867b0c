import type { Server } from 'node:http';
import { FirstAdministratorSetup, PasswordRefusedError } from '@app/auth';
import {
  bootProblems,
  type Config,
  ConfigError,
  loadConfig,
  redactConfig,
  resolveServerSecret,
} from '@app/config';
import { stopOnSignal, surviveTheUnexpected } from '@app/health';
import { type BreakerState, CryptoRandomSource, SystemClock } from '@app/kernel';
import { openDatabase, type OpenDatabase } from '@app/postgres';
import { createLogger, type Logger, Metrics, openMetricsServer, startTracing, tracing } from '@app/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './create-app.js';
import { welcome } from './welcome.js';

/** Milliseconds that requests still running have after the drain. */
const patienceMs = 3_500;

/** Runs the API until a signal stops it. A boot that fails prints one line per problem and exits with 1. */
export async function start(): Promise<void> {
  const clock = new SystemClock();
  let database: OpenDatabase | undefined;
  try {
    const config = loadConfig();
    const logger = createLogger(config.logLevel);
    surviveTheUnexpected(logger);
    await startTracing({
      endpoint: config.tracesTo,
      service: 'rollcall',
      instance: config.sessions.instanceName,
    });
    database = await openDatabase(config.postgres, {
      clock,
      onIdleError: (error) => logger.warn({ event: 'postgres.connection_lost', reason: error.message }),
      onBreaker: (state) => tellOfPostgres(logger, state),
    });
    const app = await createApp({
      config,
      logger,
      database,
      runtime: {
        clock,
        random: new CryptoRandomSource(),
        secret: resolveServerSecret(config),
      },
    });
    await listen(app, config);
    const metrics = await openMetricsPort(app, config);
    logger.info({ event: 'api.started', config: redactConfig(config) });
    if (config.sessions.fallback === 'token-only') warnOfTokenOnly(logger);
    stopOnSignal(logger, {
      name: 'api',
      close: () => closeAll(app, metrics),
      patienceMs: config.http.shutdownDrainSeconds * 1_000 + patienceMs,
      hurry: () => cutConnections(app, logger),
    });
  } catch (error) {
    await database?.close().catch(() => undefined); // The boot failure is what the operator must read.
    for (const line of bootProblems(error)) process.stderr.write(`rollcall: ${line}\n`);
    process.exit(1);
  }
}

async function listen(app: NestFastifyApplication, config: Config): Promise<void> {
  await app.init();
  const mayGenerate = config.postgres.kind === 'embedded';
  const setup = app.get(FirstAdministratorSetup).ensure({ ...config.admin, mayGenerate });
  const administrator = await setup.catch((error: unknown) => {
    throw error instanceof PasswordRefusedError ? new ConfigError([`ADMIN_PASSWORD ${error.reason}`]) : error;
  });
  await app.listen(config.http.port, config.http.host);
  const isForPeople = config.postgres.kind === 'embedded' || process.stdout.isTTY;
  if (isForPeople) process.stdout.write(welcome(await app.getUrl(), config, administrator));
}

async function closeAll(app: NestFastifyApplication, metrics: Server | null): Promise<void> {
  try {
    await app.close();
  } finally {
    metrics?.closeAllConnections();
    await tracing.close();
  }
}

async function openMetricsPort(
  app: NestFastifyApplication,
  { http: { host, metricsPort: port, metricsToken: token } }: Config,
): Promise<Server | null> {
  if (port === null) return null;
  return openMetricsServer(app.get(Metrics), { host, port, token, readers: 'anybody' });
}

/** By the breaker in front of it. */
function tellOfPostgres(logger: Logger, breaker: BreakerState): void {
  if (breaker === 'open') logger.warn({ event: 'postgres.unavailable' });
  else logger.info({ event: 'postgres.available' });
}

function warnOfTokenOnly(logger: Logger): void {
  logger.warn({
    event: 'config.token_only',
    warning:
      'SESSION_FALLBACK=token-only: while Redis is away, ended sessions are accepted until their token expires',
  });
}

function cutConnections(app: NestFastifyApplication, logger: Logger): void {
  logger.warn({ event: 'api.connections_cut' });
  app.getHttpServer().closeAllConnections();
}
