import { loadConfig, resolveServerSecret } from '@app/config';
import { CryptoRandomSource, SystemClock } from '@app/kernel';
import { openDatabase } from '@app/postgres';
import { createLogger } from '@app/telemetry';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../apps/api/src/create-app.js';

export const secretKey = 'b7e1c09d42f85a36b7e1c09d42f85a36b7e1c09d42f85a36b7e1c09d42f85a36';

/** The real application in this process, to be asked past HTTP; migrates the database first. */
export async function openApp(env: Readonly<Record<string, string>>): Promise<NestFastifyApplication> {
  const clock = new SystemClock();
  const config = loadConfig({
    NODE_ENV: 'test',
    SECRET_KEY: secretKey,
    LOG_LEVEL: 'warn',
    SHUTDOWN_DRAIN: '0',
    RATE_LIMIT_ENABLED: 'false',
    ...env,
  });
  const database = await openDatabase(config.postgres, { clock, onIdleError: () => undefined });
  const runtime = { clock, random: new CryptoRandomSource(), secret: resolveServerSecret(config) };
  const app = await createApp({ config, logger: createLogger(config.logLevel), database, runtime });
  await app.init();
  return app;
}
