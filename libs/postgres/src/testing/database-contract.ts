import { StoreUnavailableError } from '@app/kernel';
import { sql } from 'drizzle-orm';
import type { Database } from '../database.js';
import { violatedUnique } from '../faults.js';
import { preparedStatementsContract } from './prepared-statements-contract.js';

/** Raises the given SQLSTATE inside the database, as a real failure would. */
const raise = (sqlState: string) =>
  sql.raw(`do $$ begin raise exception 'provoked' using errcode = '${sqlState}'; end $$`);

/**
 * What callers of Database and UnitOfWork rely on, whichever driver is underneath. Brings a table of its own and
 * closes the database with its last test.
 */
export function databaseContract(subject: () => Database): void {
  const insert = (id: number, note = 'x'): Promise<unknown> =>
    subject().query((orm) => orm.execute(sql`insert into contract_rows (id, note) values (${id}, ${note})`));
  const stored = async (): Promise<number[]> => {
    const rows = await subject().query((orm) =>
      orm
        .select({ id: sql<number>`id` })
        .from(sql`contract_rows`)
        .orderBy(sql`id`),
    );
    return rows.map(({ id }) => id);
  };

  beforeAll(async () => {
    await subject().query((orm) =>
      orm.execute(sql`create table contract_rows (id int primary key, note text not null)`),
    );
  });

  beforeEach(async () => {
    await subject().query((orm) => orm.execute(sql`truncate contract_rows`));
  });

  it('commits what the work did and gives back what it returned', async () => {
    const result = await subject().run(async () => {
      await insert(1);
      await insert(2);
      return 'done';
    });

    expect(result).toBe('done');
    expect(await stored()).toEqual([1, 2]);
  });

  it('v5.0.0-2.3.3 leaves nothing of work that fails, and passes its error on as it is', async () => {
    class Refusal extends Error {}
    const refusal = new Refusal('no');

    await expect(
      subject().run(async () => {
        await insert(1);
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(await stored()).toEqual([]);
  });

  it('shows the work its own uncommitted rows', async () => {
    const seen = await subject().run(async () => {
      await insert(1);
      return stored();
    });

    expect(seen).toEqual([1]);
  });

  it('takes statements that the work sends at the same time into the same transaction', async () => {
    const work = subject().run(async () => {
      await Promise.all([insert(1), insert(2), insert(3)]);
      throw new Error('no');
    });

    await expect(work).rejects.toThrow('no');
    expect(await stored()).toEqual([]);
  });

  it('joins the transaction of the caller: inner work is rolled back with the outer', async () => {
    const work = subject().run(async () => {
      await subject().run(() => insert(1));
      throw new Error('no');
    });

    await expect(work).rejects.toThrow('no');
    expect(await stored()).toEqual([]);
  });

  it('joins the transaction of the caller: outer rows are there for the inner work, and both commit', async () => {
    await subject().run(async () => {
      await insert(1);
      await subject().run(async () => {
        expect(await stored()).toEqual([1]);
        await insert(2);
      });
    });

    expect(await stored()).toEqual([1, 2]);
  });

  it('keeps transactions of different callers apart', async () => {
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4, 5, 6].map((id) =>
        subject().run(async () => {
          await insert(id);
          if (id % 2 === 0) throw new Error('even');
        }),
      ),
    );

    expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect(await stored()).toEqual([1, 3, 5]);
  });

  describe('prepared', () => preparedStatementsContract(subject, stored));

  it('runs a statement outside any work at once', async () => {
    await insert(1);

    expect(await stored()).toEqual([1]);
  });

  it('rejects when the work swallowed a failed statement, because nothing can have been committed', async () => {
    const work = subject().run(async () => {
      await insert(1);
      await insert(1).catch(() => undefined);
    });

    await expect(work).rejects.toThrow();
    expect(await stored()).toEqual([]);
  });

  it('lets one unit of work at a time have a job, until it ends, however it ends', async () => {
    const first = await subject().run(async () => [
      await subject().claim('sweep'),
      await subject().claim('sweep'),
      await subject().claim('other'),
    ]);
    const failed = subject().run(async () => {
      await subject().claim('sweep');
      throw new Error('no');
    });

    expect(first).toEqual([true, true, true]);
    await expect(failed).rejects.toThrow('no');
    expect(await subject().run(() => subject().claim('sweep'))).toBe(true);
    await expect(subject().claim('sweep')).rejects.toThrow('claim is called outside a unit of work');
  });

  it('names the unique constraint that was violated', async () => {
    await insert(1);
    const error: unknown = await insert(1).catch((thrown: unknown) => thrown);

    expect(violatedUnique(error)).toBe('contract_rows_pkey');
  });

  it.each([
    ['a unique violation', () => insert(1, 'SENTINEL')],
    [
      'a missing table',
      () => subject().query((orm) => orm.execute(sql`insert into nowhere values (${'SENTINEL'})`)),
    ],
    ['a violation inside work', () => subject().run(() => insert(1, 'SENTINEL'))],
  ])('v5.0.0-16.2.5 repeats no parameter in message or stack of %s', async (_what, statement) => {
    await insert(1);
    const error = (await statement().then(
      () => new Error('it did not fail'),
      (thrown: unknown) => thrown,
    )) as Error;

    expect(error.message).not.toMatch(/SENTINEL|Failed query|it did not fail/);
    expect(error.stack).not.toContain('SENTINEL');
  });

  it.each(['40001', '40P01', '55P03'])('runs the work again after a lost race (%s)', async (sqlState) => {
    let attempts = 0;
    await subject().run(async () => {
      attempts += 1;
      await insert(attempts);
      if (attempts < 3) await subject().query((orm) => orm.execute(raise(sqlState)));
    });

    expect(attempts).toBe(3);
    expect(await stored()).toEqual([3]);
  });

  it('gives up after four lost races: the store could not answer', async () => {
    let attempts = 0;
    const work = subject().run(async () => {
      attempts += 1;
      await insert(attempts);
      await subject().query((orm) => orm.execute(raise('40001')));
    });

    await expect(work).rejects.toThrow(StoreUnavailableError);
    expect(attempts).toBe(4);
    expect(await stored()).toEqual([]);
  });

  it('lets the outer work run again when an inner one loses a race', async () => {
    let attempts = 0;
    await subject().run(async () => {
      attempts += 1;
      await insert(attempts);
      await subject().run(async () => {
        if (attempts === 1) await subject().query((orm) => orm.execute(raise('40001')));
      });
    });

    expect(attempts).toBe(2);
    expect(await stored()).toEqual([2]);
  });

  it.each(['23505', '57014', '42601'])(
    'runs the work once when it fails otherwise (%s)',
    async (sqlState) => {
      let attempts = 0;
      const work = subject().run(async () => {
        attempts += 1;
        await subject().query((orm) => orm.execute(raise(sqlState)));
      });

      await expect(work).rejects.toThrow();
      expect(attempts).toBe(1);
    },
  );

  it.each(['57P01', '57014', '53300', '58030', '25006'])(
    'says that it could not answer, and keeps why for the log (%s)',
    async (sqlState) => {
      const failure = subject().query((orm) => orm.execute(raise(sqlState)));

      await expect(failure).rejects.toThrow(StoreUnavailableError);
      await expect(failure).rejects.toMatchObject({ store: 'postgres', cause: { code: sqlState } });
    },
  );

  it('answers a ping and tells the state of its connections', async () => {
    await subject().ping();

    expect(subject().poolState()).toEqual({
      total: expect.any(Number),
      idle: expect.any(Number),
      waiting: 0,
    });
    expect(subject().poolState().total).toBeGreaterThan(0);
  });

  it('says that it could not answer once it is closed; closing it again is harmless', async () => {
    await subject().close();

    await expect(stored()).rejects.toThrow(StoreUnavailableError);
    await expect(subject().run(() => insert(1))).rejects.toThrow(StoreUnavailableError);
    await expect(subject().ping()).rejects.toThrow(StoreUnavailableError);
    await expect(subject().close()).resolves.toBeUndefined();
  });
}
