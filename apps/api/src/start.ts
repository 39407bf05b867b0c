import { FirstAdministratorSetup } from '@app/auth';
import { type Config, ConfigError, loadConfig, redactConfig, resolveServerSecret } from '@app/config';
import { CryptoRandomSource, SystemClock } from '@app/kernel';
import { openDatabase, type OpenDatabase } from '@app/postgres';
import { createLogger, type Logger } from '@app/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { explain } from './boot-failure.js';
import { createApp } from './create-app.js';
import { stopOnSignal } from './stop-on-signal.js';
import { welcome } from './welcome.js';

/** Runs the API until a signal stops it. A boot that fails prints one line per problem and exits with 1. */
export async function start(): Promise<void> {
  const clock = new SystemClock();
  let database: OpenDatabase | undefined;
  try {
    const config = loadConfig();
    const logger = createLogger(config.logLevel);
    surviveTheUnexpected(logger);
    database = await openDatabase(config.postgres, {
      clock,
      onIdleError: (error) => logger.warn({ event: 'postgres.connection_lost', reason: error.message }),
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
    logger.info({ event: 'api.started', config: redactConfig(config) });
    if (config.sessions.fallback === 'token-only') warnOfTokenOnly(logger);
    stopOnSignal(app, logger, config.http.shutdownDrainSeconds);
  } catch (error) {
    await database?.close().catch(() => undefined); // The boot failure is what the operator must read.
    for (const line of error instanceof ConfigError ? error.problems : [explain(error)]) {
      process.stderr.write(`rollcall: ${line}\n`);
    }
    process.exit(1);
  }
}

async function listen(app: NestFastifyApplication, config: Config): Promise<void> {
  await app.init();
  const administrator = await app.get(FirstAdministratorSetup).ensure({
    ...config.admin,
    mayGenerate: config.postgres.kind === 'embedded',
  });
  await app.listen(config.http.port, config.http.host);
  const isForPeople = config.postgres.kind === 'embedded' || process.stdout.isTTY;
  if (isForPeople) process.stdout.write(welcome(await app.getUrl(), config, administrator));
}

function warnOfTokenOnly(logger: Logger): void {
  logger.warn({
    event: 'config.token_only',
    warning:
      'SESSION_FALLBACK=token-only: while Redis is away, ended sessions are accepted until their token expires',
  });
}

/** A bug in one request must not end the session checks of everybody else; it is logged and the process lives. */
function surviveTheUnexpected(logger: Logger): void {
  process.on('unhandledRejection', (error) =>
    logger.error({ event: 'process.unhandled_rejection', err: error }),
  );
  process.on('uncaughtException', (error) =>
    logger.error({ event: 'process.uncaught_exception', err: error }),
  );
}
