import type { Server } from 'node:http';
import { ConfigError, loadConfig, redactConfig, resolveServerSecret } from '@app/config';
import { SystemClock } from '@app/kernel';
import { openDatabase, type OpenDatabase } from '@app/postgres';
import { createLogger, type Logger, Metrics, NestLogger } from '@app/telemetry';
import type { INestApplicationContext } from '@nestjs/common';
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
    process.on('unhandledRejection', (error) =>
      logger.error({ event: 'process.unhandled_rejection', err: error }),
    );
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
    stopOnSignal(context, probes, logger);
  } catch (error) {
    await database?.close().catch(() => undefined); // The boot failure is what the operator must read.
    const problems = error instanceof ConfigError ? error.problems : [(error as Error).message];
    for (const line of problems) process.stderr.write(`rollcall: ${line}\n`);
    process.exit(1);
  }
}

/** A second signal ends the process at once. */
function stopOnSignal(context: INestApplicationContext, probes: Server, logger: Logger): void {
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ event: 'worker.stopping', signal });
    setTimeout(() => process.exit(1), patienceMs).unref();
    probes.close();
    probes.closeAllConnections();
    context.close().then(
      () => finish(logger, 0),
      (error: unknown) => {
        logger.error({ event: 'worker.stop_failed', err: error });
        finish(logger, 1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function finish(logger: Logger, code: number): void {
  logger.info({ event: 'worker.stopped' });
  logger.flush();
  process.exit(code);
}
