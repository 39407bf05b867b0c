import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { PostgresConfig } from '@app/config';
import { type BreakerState, type Clock, StoreUnavailableError } from '@app/kernel';
import { Database } from './database.js';
import { DataFolderLock } from './data-folder-lock.js';
import { EmbeddedDriver } from './drivers/embedded-driver.js';
import { ServerDriver } from './drivers/server-driver.js';
import { prepareEmbeddedFolder } from './prepare-embedded-folder.js';
import { driverError, isUnavailable } from './faults.js';
import { expectCurrentSchema } from './migrations.js';

/** The server did not answer while the process waited for it; the message is one line for the operator. */
export class DatabaseUnreachableError extends Error {}

export interface OpenDatabase {
  readonly database: Database;
  /** Ends connections and frees the data folder. */
  close(): Promise<void>;
}

export interface Opening {
  readonly clock: Clock;
  readonly onIdleError: (error: Error) => void;
  /** Hears when session checks stop asking a server that does not answer, and when they ask it again. */
  readonly onBreaker?: (state: BreakerState) => void;
  /**
   * `migrate`, unless told: brings it up to date. `expect`: refuses another one than that of this version. `any`: leaves
   * it alone, for who wants to see how it stands.
   */
  readonly schema?: 'migrate' | 'expect' | 'any';
  /** Milliseconds to wait for a server that does not answer; 20 s unless told. */
  readonly patienceMs?: number;
}

const startupPatienceMs = 20_000;
const pauseMs = 500;

/**
 * Opens the configured database and sees to its schema.
 *
 * Failure modes: DataFolderLockedError (second process on an embedded folder), DatabaseUnreachableError (no
 * server in time), SchemaError (server too old, schema of another version).
 */
export async function openDatabase(config: PostgresConfig, options: Opening): Promise<OpenDatabase> {
  if (config.kind === 'server') return openServer(config, options);
  const lock = DataFolderLock.acquire(config.dataDir);
  try {
    const folder = join(config.dataDir, 'postgres');
    await prepareEmbeddedFolder(folder);
    const database = new Database(await EmbeddedDriver.open(folder), options.clock);
    const close = (): Promise<void> => database.close().finally(() => lock.release());
    try {
      await seeToSchema(database, options);
    } catch (error) {
      await database.close();
      throw error;
    }
    return { database, close };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openServer(
  { url, poolSize }: Extract<PostgresConfig, { kind: 'server' }>,
  options: Opening,
): Promise<OpenDatabase> {
  const driver = new ServerDriver(url, poolSize, options.onIdleError);
  const database = new Database(driver, options.clock, options.onBreaker);
  const close = (): Promise<void> => database.close();
  try {
    await whenReachable(() => seeToSchema(database, options), url, options);
    return { database, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function seeToSchema(database: Database, { schema = 'migrate' }: Opening): Promise<void> {
  if (schema === 'migrate') return database.migrate();
  const state = await database.schemaState();
  if (schema === 'expect') expectCurrentSchema(state);
}

/** Containers start in any order; a server that is still booting is not an error yet. */
async function whenReachable(
  open: () => Promise<void>,
  url: string,
  { clock, patienceMs = startupPatienceMs }: Opening,
): Promise<void> {
  const deadline = clock.monotonicMs() + patienceMs;
  for (;;) {
    try {
      await open();
      return;
    } catch (thrown) {
      const error = thrown instanceof StoreUnavailableError ? (thrown.cause ?? thrown) : thrown;
      if (!isUnavailable(error)) throw thrown;
      if (clock.monotonicMs() > deadline) {
        const { code, message } = driverError(error);
        const reason = message || code;
        throw new DatabaseUnreachableError(`PostgreSQL at ${new URL(url).host} cannot be reached: ${reason}`);
      }
      await delay(pauseMs);
    }
  }
}
