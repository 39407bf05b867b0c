import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresConfig } from '@app/config';
import type { Clock } from '@app/kernel';
import { Database } from './database.js';
import { DataFolderLock } from './data-folder-lock.js';
import { EmbeddedDriver } from './drivers/embedded-driver.js';
import { ServerDriver } from './drivers/server-driver.js';
import { prepareEmbeddedFolder } from './prepare-embedded-folder.js';
import { driverError, isUnavailable } from './faults.js';

/** The server did not answer while the process waited for it; the message is one line for the operator. */
export class DatabaseUnreachableError extends Error {}

export interface OpenDatabase {
  readonly database: Database;
  /** Ends connections and frees the data folder. */
  close(): Promise<void>;
}

const startupPatienceMs = 20_000;
const pauseMs = 500;

/**
 * Opens the configured database and brings its schema up to date.
 *
 * Failure modes: DataFolderLockedError (second process on an embedded folder), DatabaseUnreachableError (no
 * server within 20 s), SchemaError (server too old, schema of a newer version).
 */
export async function openDatabase(
  config: PostgresConfig,
  options: { clock: Clock; onIdleError: (error: Error) => void },
): Promise<OpenDatabase> {
  if (config.kind === 'server') {
    const database = new Database(
      new ServerDriver(config.url, config.poolSize, options.onIdleError),
      options.clock,
    );
    await migrateWhenReachable(database, config.url, options.clock);
    return { database, close: () => database.close() };
  }
  const lock = DataFolderLock.acquire(config.dataDir);
  try {
    const folder = join(config.dataDir, 'postgres');
    await prepareEmbeddedFolder(folder);
    const database = new Database(await EmbeddedDriver.open(folder), options.clock);
    await database.migrate();
    const close = (): Promise<void> => database.close().finally(() => lock.release());
    return { database, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Containers start in any order; a server that is still booting is not an error yet. */
async function migrateWhenReachable(database: Database, url: string, clock: Clock): Promise<void> {
  const deadline = clock.monotonicMs() + startupPatienceMs;
  for (;;) {
    try {
      await database.migrate();
      return;
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      if (clock.monotonicMs() > deadline) {
        const { code, message } = driverError(error);
        const reason = message || code;
        throw new DatabaseUnreachableError(`PostgreSQL at ${new URL(url).host} cannot be reached: ${reason}`);
      }
      await delay(pauseMs);
    }
  }
}
