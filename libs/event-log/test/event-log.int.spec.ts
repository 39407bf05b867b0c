import { Database, EmbeddedDriver, ServerDriver } from '@app/postgres';
import { createTestDatabase } from '@app/testing';
import { asc, sql } from 'drizzle-orm';
import { DrizzleEventLog } from '../src/index.js';
import { eventLogTable } from '../src/infrastructure/postgres/event-log.table.js';
import { eventLogContract, type EventLogSubject } from '../src/testing/event-log-contract.js';

const unexpected = (error: Error): never => {
  throw error;
};

async function embedded(): Promise<{ database: Database; close: () => Promise<void> }> {
  const database = new Database(await EmbeddedDriver.open('memory://'));
  await database.migrate();
  return { database, close: () => database.close() };
}

async function server(): Promise<{ database: Database; close: () => Promise<void> }> {
  const home = await createTestDatabase((url) => new ServerDriver(url, 1, unexpected).migrate());
  const database = new Database(new ServerDriver(home.url, 10, unexpected));
  return { database, close: () => database.close().then(() => home.drop()) };
}

function subjectOn(database: Database): EventLogSubject {
  return {
    events: new DrizzleEventLog(database),
    work: database,
    stored: async () => {
      const rows = await database.query((orm) =>
        orm.select().from(eventLogTable).orderBy(asc(eventLogTable.id)),
      );
      return rows.map(({ createdAt, ...row }) => ({ ...row, at: createdAt }));
    },
    transactionId: async () => {
      const rows = await database.query((orm) =>
        orm.select({ xid: sql<string>`pg_current_xact_id()::text` }).from(sql`(select) as one`),
      );
      return rows[0]!.xid;
    },
    clear: async () => {
      await database.query((orm) => orm.delete(eventLogTable));
    },
  };
}

describe.each([
  [EmbeddedDriver.name, embedded],
  [ServerDriver.name, server],
])(`${DrizzleEventLog.name} on %s`, (_driver, open) => {
  let store: Awaited<ReturnType<typeof open>>;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  eventLogContract(() => subjectOn(store.database));
});
