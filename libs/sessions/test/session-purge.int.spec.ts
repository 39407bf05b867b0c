import type { Database } from '@app/postgres';
import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { SessionPurge } from '../src/application/session-purge.js';
import { DrizzleSessionRepository } from '../src/infrastructure/postgres/drizzle-session-repository.js';
import { DrizzleShareRepository } from '../src/infrastructure/postgres/drizzle-share-repository.js';
import { PostgresBulkEnds } from '../src/infrastructure/postgres/postgres-bulk-ends.js';

const before = new Date('2026-02-01T00:00:00.000Z');
const [old, young] = ['2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'];

describe.each(openStores)(`${SessionPurge.name} on %s`, (_driver, open) => {
  let store: OpenStore;
  let database: Database;
  let purge: SessionPurge;

  beforeAll(async () => {
    store = await open();
    ({ database } = store);
    purge = new SessionPurge(
      new DrizzleSessionRepository(database),
      new DrizzleShareRepository(database),
      new PostgresBulkEnds(database),
    );
  });

  afterAll(() => store.close());

  const run = <Row>(statement: ReturnType<typeof sql>): Promise<Row[]> => database.rows(statement);

  it('removes links by which sessions were shared once they are over long enough, in bounded steps', async () => {
    for (const [index, at] of [old, old, old, young].entries())
      await run(sql`insert into session_shares (id, user_id, parent_id, token_hash, label, created_at, expires_at)
        values (gen_random_uuid(), gen_random_uuid(), 'x', ${`hash ${index}`}, 'x', ${at}::timestamptz, ${at}::timestamptz)`);
    expect([await purge.shares(before, 2), await purge.shares(before, 2)]).toEqual([2, 1]);
    expect(await run(sql`select token_hash from session_shares`)).toEqual([{ token_hash: 'hash 3' }]);
  });

  it('removes orders to end many that are done and proven for long enough, in bounded steps', async () => {
    const order = (id: number, state: string, finished: string | null) =>
      run(sql`insert into bulk_ends (id, filter, state, matched, created_at, finished_at)
        values (${uuid(id)}::uuid, '{}', ${state}, 1, ${old}::timestamptz, ${finished}::timestamptz)`);
    for (const id of [1, 2, 3]) await order(id, 'done', old);
    await order(4, 'done', young);
    await order(5, 'running', null);
    await order(6, 'done', old);
    await run(sql`insert into bulk_end_batches (id, bulk_end_id, sessions, created_at)
      values (gen_random_uuid(), ${uuid(6)}::uuid, '[]', ${old}::timestamptz)`);
    expect([await purge.bulkEnds(before, 2), await purge.bulkEnds(before, 2)]).toEqual([2, 1]);
    expect(await run(sql`select id from bulk_ends order by id`)).toEqual(
      [4, 5, 6].map((id) => ({ id: uuid(id) })),
    );
  });
});

function uuid(index: number): string {
  return `017f22e2-79b0-7cc3-98c4-${String(index).padStart(12, '0')}`;
}
