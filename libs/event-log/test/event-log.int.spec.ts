import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { asc, sql } from 'drizzle-orm';
import { DrizzleEventLog, isOfRefresh, ofRefresh } from '../src/index.js';
import { eventLogTable } from '../src/infrastructure/postgres/event-log.table.js';
import { eventLogContract, type EventLogSubject } from '../src/testing/event-log-contract.js';

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

describe.each(openStores)(`${DrizzleEventLog.name} on %s`, (_driver, open) => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
  });

  afterAll(() => store.close());

  eventLogContract(() => subjectOn(store.database));

  it('tells what goes with a refresh in the same way here and in a statement', async () => {
    const asked = [
      { type: 'token.revoked', payload: {} },
      { type: 'token.revoked', payload: { client: 'c' } },
      { type: 'token.revoked', payload: { client: null } },
      { type: 'session.ended', payload: {} },
    ] as const;
    const rows = await store.database.rows<{ of: boolean }>(sql`
      select ${ofRefresh('asked')} as "of"
      from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb) as asked (type text, payload jsonb)`);
    expect(rows.map(({ of }) => of)).toEqual([true, false, false, false]);
    expect(asked.map(isOfRefresh)).toEqual([true, false, false, false]);
  });
});
