import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { PostgresProcess } from '../src/index.js';
import { areGone, areStopped, childrenOf } from '../src/process-table.js';

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined); // The pending query rejects with the same error.
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Ids of all System V shared memory segments, among other words. */
const segments = (): string[] => execFileSync('/usr/bin/ipcs', ['-m'], { encoding: 'utf8' }).split(/\s+/);

describe(PostgresProcess.name, () => {
  let postgres: PostgresProcess;

  beforeEach(async () => {
    postgres = await PostgresProcess.start();
  });
  afterEach(() => postgres.stop());

  it('is a durable cluster of its own', async () => {
    const other = await PostgresProcess.start({ fsync: 'off', max_connections: '15' });
    await query(postgres.url, 'create table here ()');
    expect(await query(postgres.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
    expect(await query(other.url, 'show fsync')).toEqual([{ fsync: 'off' }]);
    expect(await query(other.url, `select to_regclass('here') is null as absent`)).toEqual([
      { absent: true },
    ]);
    await other.stop();
  });

  it('shows why it cannot start', async () => {
    await expect(PostgresProcess.start({ max_connections: 'plenty' })).rejects.toThrow(
      /exited before it was ready:[^]*max_connections/,
    );
  });

  it('keeps committed rows and forgets others over kill -9', async () => {
    await query(postgres.url, 'create table t as select 1 as n');
    const open = new pg.Client({ connectionString: postgres.url });
    const lost = new Promise((resolve) => open.once('error', resolve));
    await open.connect();
    await open.query('begin');
    await open.query('insert into t values (2)');
    const children = childrenOf(postgres.pid);
    expect(children.length).toBeGreaterThan(3);
    expect(await postgres.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(areGone(children)).toBe(true);
    await lost;
    await expect(query(postgres.url, 'select')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await postgres.restart();
    expect(await query(postgres.url, 'select n from t')).toEqual([{ n: 1 }]);
  });

  it('answers neither old nor new connections while frozen, and both afterwards', async () => {
    const open = new pg.Client({ connectionString: postgres.url });
    await open.connect();
    await open.query('select 1');
    await postgres.freeze();
    expect(areStopped([postgres.pid, ...childrenOf(postgres.pid)])).toBe(true);
    const late = open.query('select 7 as n');
    const refused = new pg.Client({ connectionString: postgres.url, connectionTimeoutMillis: 200 });
    await expect(refused.connect()).rejects.toThrow('timeout');
    postgres.thaw();
    expect((await late).rows).toEqual([{ n: 7 }]);
    expect(await query(postgres.url, 'select 8 as n')).toEqual([{ n: 8 }]);
    await open.end();
  });

  it('can be killed while frozen and started again', async () => {
    await postgres.freeze();
    const children = childrenOf(postgres.pid);
    await postgres.kill9();
    expect(areGone(children)).toBe(true);
    await postgres.restart();
    expect(await query(postgres.url, 'select 1 as n')).toEqual([{ n: 1 }]);
  });

  it('restarts in good order with other settings and the same data', async () => {
    await query(postgres.url, 'create table t as select 1 as n');
    await postgres.restart({ default_transaction_read_only: 'on' });
    expect(await query(postgres.url, 'select n from t')).toEqual([{ n: 1 }]);
    await expect(query(postgres.url, 'create table u ()')).rejects.toMatchObject({ code: '25006' });
  });

  it('leaves neither folder nor process nor shared memory behind when stopped after a crash', async () => {
    const [row] = await query(postgres.url, 'show data_directory');
    const data = String(row?.data_directory);
    const segment = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[6]?.trim().split(/\s+/)[1];
    expect(segments()).toContain(segment);
    const { pid } = postgres;
    await postgres.kill9();
    await postgres.stop();
    expect(areGone([pid])).toBe(true);
    expect(existsSync(data)).toBe(false);
    expect(segments()).not.toContain(segment);
  });
});
