import { sql } from 'drizzle-orm';
import type { Database } from '../database.js';
import { preparedOnce, prepareSql } from '../prepared.js';

/** What callers of prepared statements rely on. Part of the contract of a database, on whose table it works. */
export function preparedStatementsContract(subject: () => Database, stored: () => Promise<number[]>): void {
  const put = preparedOnce((orm) =>
    prepareSql(orm, {
      name: 'contract_put',
      statement: sql`insert into contract_rows (id, note) values (${sql.placeholder('id')}, 'x') returning id`,
    }),
  );
  const countAbove = preparedOnce((orm) =>
    orm
      .select({ rows: sql<number>`count(*)::int` })
      .from(sql`contract_rows`)
      .where(sql`id > ${sql.placeholder('id')}`)
      .prepare('contract_count_above'),
  );
  const putOne = (id: number) => subject().query((orm) => put(orm).execute({ id }));
  const above = async (id: number): Promise<number> =>
    (await subject().query((orm) => countAbove(orm).execute({ id })))[0]!.rows;

  it('takes new values each time, and joins the work of the caller', async () => {
    // More often than Postgres makes a plan for the values at hand.
    for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) {
      expect((await subject().run(() => putOne(id))).rows).toEqual([{ id }]);
      expect(await above(id - 1)).toBe(1);
    }
    const work = subject().run(async () => {
      await putOne(9);
      expect(await above(0)).toBe(9);
      throw new Error('no');
    });

    await expect(work).rejects.toThrow('no');
    expect(await above(0)).toBe(8);
  });

  it('can be used after it has failed, or was first sent when the transaction had failed already', async () => {
    await putOne(1);
    const work = subject().run(async () => {
      await putOne(1).catch(() => undefined);
      await above(0);
    });

    await expect(work).rejects.toThrow();
    expect(await subject().run(() => above(0))).toBe(1);
  });

  it('serves callers at the same time', async () => {
    const ids = [1, 2, 3, 4, 5, 6, 7, 8, 9];
    await Promise.all(ids.map((id) => subject().run(() => putOne(id))));

    expect(await stored()).toEqual(ids);
  });
}
