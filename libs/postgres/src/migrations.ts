import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { sql } from 'drizzle-orm';
import { drizzle as drizzleEmbedded } from 'drizzle-orm/pglite';
import { migrate as runEmbedded } from 'drizzle-orm/pglite/migrator';
import pg from 'pg';
import type { Orm } from './orm.js';

/** Any fixed number; advisory locks of other applications on the same database should not share it. */
const migrationLock = 7_255_500_001;

const oldestServer = 140_000;

/** The database cannot be used by this version; the message is one line for the operator. */
export class SchemaError extends Error {}

/** How the schema of a database stands to the migrations of this version. */
export interface SchemaState {
  /** Names of the migrations that it lacks, in their order. */
  readonly pending: readonly string[];
  /** It has migrations that this version does not know. */
  readonly isNewer: boolean;
}

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

/** Asks and changes nothing. A database that was never migrated lacks everything. */
export async function schemaState(orm: Orm): Promise<SchemaState> {
  const entries = journalOf(migrationsFolder());
  const newest = await newestOf(orm);
  return {
    pending: entries.filter(({ when }) => when > newest).map(({ tag }) => tag),
    isNewer: newest > (entries.at(-1)?.when ?? 0),
  };
}

async function newestOf(orm: Orm): Promise<number> {
  const known = sql`select to_regclass('drizzle.__drizzle_migrations') is not null as "isKnown"`;
  const [migrations] = ((await orm.execute(known)) as { rows: { isKnown: boolean }[] }).rows;
  if (!migrations?.isKnown) return 0;
  const { rows } = (await orm.execute(sql.raw(newestApplied))) as { rows: { newest: string | null }[] };
  return Number(rows[0]?.newest ?? 0);
}

/** Throws SchemaError if a newer version has migrated the schema. */
export function expectKnownSchema({ isNewer }: SchemaState): void {
  if (isNewer) throw newerSchema();
}

/** Throws SchemaError unless the schema is exactly that of this version. */
export function expectCurrentSchema(state: SchemaState): void {
  expectKnownSchema(state);
  const { pending } = state;
  if (pending.length === 0) return;
  const [first] = pending;
  throw new SchemaError(
    `The schema is older than this version: ${pending.length} migrations are pending, the first is ${first}. Run: rollcall migrate`,
  );
}

function refuseNewerSchema(newest: number, folder: string): void {
  if (newest > (journalOf(folder).at(-1)?.when ?? 0)) throw newerSchema();
}

function newerSchema(): SchemaError {
  return new SchemaError(
    'The database was migrated by a newer version of Rollcall; start that version instead.',
  );
}

function journalOf(folder: string): { readonly when: number; readonly tag: string }[] {
  const journal = JSON.parse(readFileSync(join(folder, 'meta', '_journal.json'), 'utf8')) as {
    entries: { when: number; tag: string }[];
  };
  return journal.entries;
}
