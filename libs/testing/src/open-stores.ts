import type { Clock } from '@app/kernel';
import type { Database } from '@app/postgres';
import { createTestDatabase, type TestDatabase } from './test-database.js';

/** A migrated database of one's own, to be closed by whoever opened it. */
export interface OpenStore {
  readonly database: Database;
  close(): Promise<void>;
}

function unexpected(error: Error): never {
  throw error;
}

/** On the shared server, migrated as the product does it. */
export function createMigratedDatabase(): Promise<TestDatabase> {
  return createTestDatabase(async (url) => {
    const { ServerDriver } = await import('@app/postgres');
    await new ServerDriver(url, 1, unexpected).migrate();
  });
}

/** In memory; nothing else is ever connected to it. */
async function openEmbedded(): Promise<OpenStore> {
  // Only now: most test files want something else of this lib, and loading all of it takes a while.
  const { Database, EmbeddedDriver } = await import('@app/postgres');
  const database = new Database(await EmbeddedDriver.open('memory://'));
  await database.migrate();
  return { database, close: () => database.close() };
}

/** A machine that is busy with other tests must not pass for a server that is away. */
const patience = { connectionTimeoutMillis: 5_000, query_timeout: 5_000, statement_timeout: 4_500 };

interface Opening {
  readonly onIdleError?: (error: Error) => void;
  readonly clock?: Clock;
  readonly poolSize?: number;
  /** The product's own unless told; for tests that hold a row while others wait for it. */
  readonly lockTimeoutMs?: number;
}

/** For what does not ask how long a server may take: a database with the bounds of the product wide open. */
export async function openPatiently(
  url: string,
  { onIdleError = unexpected, clock, poolSize = 10, lockTimeoutMs }: Opening = {},
): Promise<Database> {
  const { Database, ServerDriver } = await import('@app/postgres');
  const bounds = lockTimeoutMs === undefined ? patience : { ...patience, lock_timeout: lockTimeoutMs };
  return new Database(new ServerDriver(url, poolSize, onIdleError, bounds), clock);
}

async function openServer(): Promise<OpenStore> {
  const home = await createMigratedDatabase();
  const database = await openPatiently(home.url);
  return { database, close: () => database.close().then(() => home.drop()) };
}

/** For `describe.each`: what every adapter on Postgres must hold on. */
export const openStores: readonly (readonly [name: string, open: () => Promise<OpenStore>])[] = [
  ['EmbeddedDriver', openEmbedded],
  ['ServerDriver', openServer],
];
