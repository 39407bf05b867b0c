import type pg from 'pg';

/** Runs the work while a transaction of ours holds what the statement locks. */
export async function holdingLock<T>(pool: pg.Pool, statement: string, work: () => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(statement);
    return await work();
  } finally {
    await client.query('rollback');
    client.release();
  }
}

/** True if a statement of an instance waits for a lock. */
export async function waiters(pool: pg.Pool): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from pg_stat_activity where application_name like 'rollcall%' and wait_event_type = 'Lock'`,
  );
  return rowCount !== null && rowCount > 0;
}

/** While the work runs, a transaction that inserts into the table takes 0.2 s more for its commit. */
export async function pausingCommits(pool: pg.Pool, table: string, work: () => Promise<void>): Promise<void> {
  await pool.query(`
    create or replace function pause_commit() returns trigger language plpgsql as
      $$ begin perform pg_sleep(0.2); return null; end $$;
    create constraint trigger pause_commit after insert on ${table}
      deferrable initially deferred for each row execute function pause_commit()`);
  try {
    await work();
  } finally {
    await pool.query(`drop trigger pause_commit on ${table}`);
  }
}
