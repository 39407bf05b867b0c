import { bootProblems, ConfigError, loadConfig, redactConfig, resolveServerSecret } from '@app/config';
import { stopOnSignal, surviveTheUnexpected } from '@app/health';
import { SystemClock } from '@app/kernel';
import { openDatabase, type OpenDatabase } from '@app/postgres';
import { createLogger, Metrics, NestLogger } from '@app/telemetry';
import { NestFactory } from '@nestjs/core';
import { openProbes } from './probe-server.js';
import { WorkerModule } from './worker.module.js';

/** Milliseconds that a job under way has to end. */
const patienceMs = 4_000;

/** Runs the jobs until a signal stops it. A boot that fails prints one line per problem and exits with 1. */
export async function start(): Promise<void> {
  const clock = new SystemClock();
  let database: OpenDatabase | undefined;
  try {
    const config = loadConfig();
    if (config.postgres.kind === 'embedded')
      throw new ConfigError(['DATABASE_URL is required: the embedded database belongs to one process']);
    const logger = createLogger(config.logLevel);
    surviveTheUnexpected(logger);
    database = await openDatabase(config.postgres, {
      clock,
      onIdleError: (error) => logger.warn({ event: 'postgres.connection_lost', reason: error.message }),
    });
    const parts = { config, logger, database, clock, secret: resolveServerSecret(config) };
    const context = await NestFactory.createApplicationContext(WorkerModule.forRoot(parts), {
      logger: new NestLogger(logger),
      abortOnError: false,
    });
    const probes = await openProbes(context.get(Metrics), config.http);
    logger.info({ event: 'worker.started', config: redactConfig(config) });
    const close = (): Promise<void> => {
      probes.close();
      probes.closeAllConnections();
      return context.close();
    };
    stopOnSignal(logger, { name: 'worker', close, patienceMs });
  } catch (error) {
    await database?.close().catch(() => undefined); // The boot failure is what the operator must read.
    for (const line of bootProblems(error)) process.stderr.write(`rollcall: ${line}\n`);
    process.exit(1);
  }
}
