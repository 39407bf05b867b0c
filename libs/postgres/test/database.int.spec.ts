import { createTestDatabase, type TestDatabase } from '@app/testing';
import { sql } from 'drizzle-orm';
import { Database, EmbeddedDriver, SchemaError, ServerDriver } from '../src/index.js';
import { databaseContract } from '../src/testing/database-contract.js';

const unexpected = (error: Error): never => {
  throw error;
};

describe(`${Database.name} on ${EmbeddedDriver.name}`, () => {
  let database: Database;

  beforeAll(async () => {
    database = new Database(await EmbeddedDriver.open('memory://'));
    await database.migrate();
  });

  it('migrates again without effect', async () => {
    await expect(database.migrate()).resolves.toBeUndefined();
  });

  it('refuses a schema of a newer version', async () => {
    const future = sql`insert into drizzle.__drizzle_migrations (hash, created_at) values ('future', 9999999999999)`;
    await database.query((orm) => orm.execute(future));

    await expect(database.migrate()).rejects.toThrow(SchemaError);
  });

  databaseContract(() => database);
});

describe(`${Database.name} on ${ServerDriver.name}`, () => {
  let home: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    home = await createTestDatabase((url) => new ServerDriver(url, 1, unexpected).migrate());
    database = new Database(new ServerDriver(home.url, 10, unexpected));
  });

  afterAll(() => home.drop());

  databaseContract(() => database);
});

describe(`${Database.name} on ${ServerDriver.name} with a pool of one`, () => {
  let home: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    home = await createTestDatabase((url) => new ServerDriver(url, 1, unexpected).migrate());
    database = new Database(new ServerDriver(home.url, 1, unexpected));
  });

  afterAll(() => home.drop());

  databaseContract(() => database);
});
