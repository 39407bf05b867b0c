import type { Logger } from '@app/telemetry';

/** What a program does when it is asked to stop. */
export interface Stopping {
  /** As its log lines name it. */
  readonly name: 'api' | 'worker';
  readonly close: () => Promise<unknown>;
  /** Milliseconds after which the process ends whatever is still under way; orchestrators kill a little later. */
  readonly patienceMs: number;
  /** Half a second before that: what may still be answered if nothing else is waited for. */
  readonly hurry?: () => void;
}

/** A bug in one piece of work must not end what everybody else relies on; it is logged and the process lives. */
export function surviveTheUnexpected(logger: Logger): void {
  process.on('unhandledRejection', (error) =>
    logger.error({ event: 'process.unhandled_rejection', err: error }),
  );
  process.on('uncaughtException', (error) =>
    logger.error({ event: 'process.uncaught_exception', err: error }),
  );
}

/** SIGTERM and SIGINT close in good order; a second signal ends the process at once. */
export function stopOnSignal(logger: Logger, { name, close, patienceMs, hurry }: Stopping): void {
  let stopping = false;
  const finish = (code: number): void => {
    logger.info({ event: `${name}.stopped` });
    logger.flush();
    // Whoever asked for the end may have had an error as the reason.
    process.exit(code || Number(process.exitCode ?? 0));
  };
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(1);
    stopping = true;
    logger.info({ event: `${name}.stopping`, signal });
    if (hurry) setTimeout(hurry, patienceMs - 500).unref();
    setTimeout(() => process.exit(1), patienceMs).unref();
    close().then(
      () => finish(0),
      (error: unknown) => {
        logger.error({ event: `${name}.stop_failed`, err: error });
        finish(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
