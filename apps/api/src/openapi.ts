import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { loadConfig } from '@app/config';
import { CryptoRandomSource, ServerSecret, SystemClock } from '@app/kernel';
import { Database, EmbeddedDriver } from '@app/postgres';
import { createLogger } from '@app/telemetry';
import { createApp } from './create-app.js';
import { buildDocument } from './openapi-document.js';

/** Writes the API document to openapi.json, or to standard output with `--stdout`. Needs no running stores. */
const clock = new SystemClock();
const driver = await EmbeddedDriver.open('memory://');
const database = { database: new Database(driver, clock), close: () => driver.close() };
const app = await createApp({
  config: loadConfig({}),
  logger: createLogger('silent'),
  database,
  runtime: {
    clock,
    random: new CryptoRandomSource(),
    secret: new ServerSecret(Buffer.alloc(32)),
  },
});
const document = `${JSON.stringify(buildDocument(app), null, 2)}\n`;
if (process.argv.includes('--stdout')) process.stdout.write(document);
else writeFileSync('openapi.json', document);
await driver.close();
