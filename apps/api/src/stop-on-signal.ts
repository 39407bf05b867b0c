import type { Logger } from '@app/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';

/** Requests still running so long after the drain are cut; orchestrators kill a little later. */
const patienceMs = 3_500;

/** SIGTERM and SIGINT drain and close; a second signal ends the process at once. */
export function stopOnSignal(app: NestFastifyApplication, logger: Logger, drainSeconds: number): void {
  const deadlineMs = drainSeconds * 1000 + patienceMs;
  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ event: 'api.stopping', signal });
    setTimeout(() => cutConnections(app, logger), deadlineMs - 500).unref();
    setTimeout(() => process.exit(1), deadlineMs).unref();
    app.close().then(
      () => finish(logger, 0),
      (error: unknown) => {
        logger.error({ event: 'api.stop_failed', err: error });
        finish(logger, 1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function cutConnections(app: NestFastifyApplication, logger: Logger): void {
  logger.warn({ event: 'api.connections_cut' });
  app.getHttpServer().closeAllConnections();
}

function finish(logger: Logger, code: number): void {
  logger.info({ event: 'api.stopped' });
  logger.flush();
  // Whoever asked for the end may have had an error as the reason.
  process.exit(code || Number(process.exitCode ?? 0));
}
