import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { drizzle as drizzleEmbedded } from 'drizzle-orm/pglite';
import { migrate as runEmbedded } from 'drizzle-orm/pglite/migrator';
import pg from 'pg';

/** Any fixed number; advisory locks of other applications on the same database should not share it. */
const migrationLock = 7_255_500_001;

const oldestServer = 140_000;

/** The database cannot be used by this version; the message is one line for the operator. */
export class SchemaError extends Error {}

/** `db/migrations` of this checkout, found from the compiled file as well as from the source. */
function migrationsFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, 'db', 'migrations');
    if (isFolderOfMigrations(candidate)) return candidate;
    if (folder === dirname(folder)) throw new Error('db/migrations is missing from this installation');
  }
}

function isFolderOfMigrations(folder: string): boolean {
  try {
    return readFileSync(join(folder, 'meta', '_journal.json')).length > 0;
  } catch {
    // Not here; the caller asks the parent folder.
    return false;
  }
}

/** Waits for the lock instead of failing, so instances that start together all come up. */
export async function migrateServer(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'rollcall-migrate',
    connectionTimeoutMillis: 2000,
  });
  client.on('error', () => undefined); // The pending query rejects with the same error.
  await client.connect();
  try {
    await refuseOldServer(client);
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    const migrationsDir = migrationsFolder();
    await migrate(drizzle(client), { migrationsFolder: migrationsDir });
    const applied = await client.query<{ newest: string }>(newestApplied);
    refuseNewerSchema(Number(applied.rows[0]?.newest ?? 0), migrationsDir);
  } finally {
    await client.end();
  }
}

export async function migrateEmbedded(engine: PGlite): Promise<void> {
  const migrationsDir = migrationsFolder();
  await runEmbedded(drizzleEmbedded(engine), { migrationsFolder: migrationsDir });
  const applied = await engine.query<{ newest: number }>(newestApplied);
  refuseNewerSchema(applied.rows[0]?.newest ?? 0, migrationsDir);
}

const newestApplied = 'select max(created_at) as newest from drizzle.__drizzle_migrations';

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(
    "select current_setting('server_version_num') as version",
  );
  if (Number(rows[0]?.version) < oldestServer) throw new SchemaError('PostgreSQL 14 or newer is required.');
}

function refuseNewerSchema(newest: number, folder: string): void {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { when: number }[];
  };
  if (newest > (journal.entries.at(-1)?.when ?? 0)) {
    throw new SchemaError(
      'The database was migrated by a newer version of Rollcall; start that version instead.',
    );
  }
}
