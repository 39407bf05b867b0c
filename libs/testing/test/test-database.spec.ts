import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { createTestDatabase, type TestDatabase, testServers } from '../src/index.js';

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // Databases are dropped under it on purpose.
  await client.connect();
  return client;
}

async function count(url: string, sql: string): Promise<number> {
  const client = await connect(url);
  const { rowCount } = await client.query(sql);
  await client.end();
  return rowCount ?? 0;
}

describe(createTestDatabase.name, () => {
  const databases: TestDatabase[] = [];
  let migrations: string;
  let migrated: string[];

  const migrate = async (url: string): Promise<void> => {
    migrated.push(url);
    await count(url, 'create table t as select 1 as n');
  };
  const create = async (using = migrate): Promise<TestDatabase> => {
    const database = await createTestDatabase(using, { migrations });
    databases.push(database);
    return database;
  };
  const change = (content: string): void => writeFileSync(join(migrations, '0000.sql'), content);

  beforeEach(() => {
    migrations = mkdtempSync(join(tmpdir(), 'rollcall-migrations-'));
    migrated = [];
    // The name makes the template one of this test alone.
    change(migrations);
  });
  afterEach(async () => {
    await Promise.all(databases.splice(0).map((database) => database.drop()));
    rmSync(migrations, { recursive: true });
  });

  it('gives each caller a migrated database of their own', async () => {
    const [one, other] = await Promise.all([create(), create()]);
    await count(one.url, 'insert into t values (2)');
    expect(await count(one.url, 'select from t')).toBe(2);
    expect(await count(other.url, 'select from t')).toBe(1);
  });

  it('migrates once, however many ask at the same time', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => create()));
    expect(migrated).toHaveLength(1);
    expect(new Set(all.map(({ url }) => url)).size).toBe(8);
  });

  it('migrates again when a migration changed', async () => {
    await create();
    change(`${migrations} and more`);
    await create();
    expect(migrated).toHaveLength(2);
  });

  it('copies the template even if the migrator leaves its connection open', async () => {
    let left: pg.Client | undefined;
    const database = await create(async (url) => {
      left = await connect(url);
      await left.query('create table t as select 1 as n');
    });
    expect(await count(database.url, 'select from t')).toBe(1);
    await left?.end().catch(() => undefined);
  });

  it('lets nobody connect to the template, so that it can always be copied', async () => {
    await create();
    const names = await connect(testServers.postgresUrl);
    const { rows } = await names.query<{ datallowconn: boolean }>(
      `select datallowconn from pg_database where datname like 'rollcall_template_%' and datname not like '%_draft'`,
    );
    await names.end();
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => !row.datallowconn)).toBe(true);
  });

  it('starts afresh after a migration that failed', async () => {
    const failing = async (url: string): Promise<void> => {
      await migrate(url);
      throw new Error('half done');
    };
    await expect(create(failing)).rejects.toThrow('half done');
    expect(await count((await create()).url, 'select from t')).toBe(1);
  });

  it('copies in well under a second', async () => {
    await create();
    const tookMs: number[] = [];
    for (let copy = 0; copy < 3; copy += 1) {
      const started = performance.now();
      await create();
      tookMs.push(performance.now() - started);
    }
    // The best of three, because a busy machine is no fault of the copy.
    expect(Math.min(...tookMs)).toBeLessThan(1_000);
  });

  it('drops a database that is still in use', async () => {
    const database = await create();
    const client = await connect(database.url);
    await database.drop();
    await expect(client.query('select 1')).rejects.toThrow();
    await expect(connect(database.url)).rejects.toMatchObject({ code: '3D000' });
  });
});
