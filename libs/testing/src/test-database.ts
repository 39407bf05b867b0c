import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { repositoryRoot } from './repository-root.js';
import { testServers } from './test-servers.js';

export interface TestDatabase {
  readonly url: string;
  /** Drops it even if somebody is still connected. */
  drop(): Promise<void>;
}

/** Any fixed number; it keeps test files that start together from building the template twice. */
const templateLock = 7_255_509_001;

export type Migrate = (url: string) => Promise<void>;

const ownMigrations = join(repositoryRoot, 'db', 'migrations');

/**
 * A migrated database of one's own on the shared PostgreSQL. `migrate` runs once per state of the migrations
 * folder on a template; every further database is a copy of that, which takes some 50 ms. Rejects when the server
 * is not reachable or `migrate` rejects; the next call tries to build the template again.
 */
export async function createTestDatabase(
  migrate: Migrate,
  { migrations = ownMigrations }: { readonly migrations?: string } = {},
): Promise<TestDatabase> {
  const name = `rollcall_test_${process.pid}_${randomBytes(6).toString('hex')}`;
  await asMaintainer(async (maintainer) => {
    const template = `rollcall_template_${digestOf(migrations)}`;
    await ensureTemplate(maintainer, template, migrate);
    await maintainer.query(`create database ${name} template ${template}`);
  });
  return {
    url: urlOf(name),
    drop: () =>
      asMaintainer(async (maintainer) => {
        await maintainer.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

async function ensureTemplate(maintainer: pg.Client, template: string, migrate: Migrate): Promise<void> {
  // Of the session, so a test process that dies while building gives it back.
  await maintainer.query('select pg_advisory_lock($1)', [templateLock]);
  try {
    const { rowCount } = await maintainer.query('select from pg_database where datname = $1', [template]);
    if (!rowCount) await buildTemplate(maintainer, template, migrate);
  } finally {
    await maintainer.query('select pg_advisory_unlock($1)', [templateLock]);
  }
}

/**
 * A database cannot be copied while somebody is connected to it, so the template forbids connections before it
 * gets its name: from then on nobody is ever connected. Until then it is a draft that the next builder discards.
 */
async function buildTemplate(maintainer: pg.Client, template: string, migrate: Migrate): Promise<void> {
  const draft = `${template}_draft`;
  await maintainer.query(`drop database if exists ${draft} with (force)`);
  await maintainer.query(`create database ${draft} template template0`);
  await migrate(urlOf(draft));
  await maintainer.query(`alter database ${draft} allow_connections false`);
  // A backend lives on for a moment after its client left, and the renaming would fail.
  await maintainer.query(
    'select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and backend_type = $2',
    [draft, 'client backend'],
  );
  await maintainer.query(`alter database ${draft} rename to ${template}`);
}

async function asMaintainer(work: (maintainer: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: testServers.postgresUrl, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // The pending query rejects with the same error.
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(testServers.postgresUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** 16 hex characters that change with the name or content of any file below the folder. */
function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  for (const file of files)
    hash.update(file.slice(folder.length)).update('\0').update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 16);
}
