import type { Server } from 'node:http';
import {
  bootProblems,
  ConfigError,
  type HttpConfig,
  loadConfig,
  redactConfig,
  resolveServerSecret,
} from '@app/config';
import { stopOnSignal, surviveTheUnexpected } from '@app/health';
import { SystemClock } from '@app/kernel';
import { openDatabase, type OpenDatabase } from '@app/postgres';
import { createLogger, Metrics, NestLogger, openMetricsServer } from '@app/telemetry';
import { NestFactory } from '@nestjs/core';
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
      for (const server of probes) {
        server.close();
        server.closeAllConnections();
      }
      return context.close();
    };
    stopOnSignal(logger, { name: 'worker', close, patienceMs });
  } catch (error) {
    await database?.close().catch(() => undefined); // The boot failure is what the operator must read.
    for (const line of bootProblems(error)) process.stderr.write(`rollcall: ${line}\n`);
    process.exit(1);
  }
}

/** `/health` on PORT, and the metrics there or on METRICS_PORT. */
async function openProbes(
  metrics: Metrics,
  { host, port, metricsPort, metricsToken: token }: HttpConfig,
): Promise<Server[]> {
  const readers = metricsPort === null ? 'this machine' : 'nobody';
  const probes = [await openMetricsServer(metrics, { host, port, token, readers })];
  if (metricsPort !== null)
    probes.push(await openMetricsServer(metrics, { host, port: metricsPort, token, readers: 'anybody' }));
  return probes;
}
