import { join } from 'node:path';
import { PostgresProcess, RedisProcess } from '@app/testing';
import pg from 'pg';
import { Child, freePort, root } from './support/child.mjs';
import { secretKey } from './support/secret-key.js';
import { quantile } from './support/steady-load.js';

const many = 1_000;
const rounds = 3;

/** Our services and a peer, programs of their own on one durable Postgres and one Redis. */
class Stand {
  private constructor(
    readonly ours: Child,
    readonly peer: Child,
    readonly postgres: PostgresProcess,
    readonly redis: RedisProcess,
  ) {}

  static async start(): Promise<Stand> {
    const [postgres, redis] = await Promise.all([PostgresProcess.start(), RedisProcess.start()]);
    await sql(postgres.url, 'create database peer');
    const stores = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    const target = (name: string): string => join(root, 'bench/targets', name);
    const settings = { SECRET_KEY: secretKey, LOG_LEVEL: 'warn', SESSION_LIMIT: '10000' };
    const ours = new Child(target('services.mjs'), { env: { ...stores, ...settings } });
    const port = await freePort();
    const peer = new Child(target('better-auth.mjs'), {
      env: {
        DATABASE_URL: postgres.url.replace(/postgres$/, 'peer'),
        REDIS_URL: `${redis.url}/1`,
        PORT: String(port),
        BOTH_STORES: 'true',
      },
    });
    await Promise.all([ours.ask('ready'), peer.listens(port)]);
    return new Stand(ours, peer, postgres, redis);
  }

  async stop(): Promise<void> {
    await Promise.all([this.ours.kill(), this.peer.kill()]);
    await Promise.all([this.postgres.stop(), this.redis.stop()]);
  }

  /** Whether a commit waits for the disk. */
  async setFsync(value: 'off' | 'on'): Promise<void> {
    await this.sql(`alter system set fsync = ${value}`);
    await this.sql('select pg_reload_conf()');
  }

  sql<Row extends object>(text: string): Promise<Row[]> {
    return sql<Row>(this.postgres.url, text);
  }
}

async function sql<Row extends object>(url: string, text: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(text)).rows;
  } finally {
    await client.end();
  }
}

const middle = (values: readonly number[]): string =>
  `${quantile(values, 0.5).toFixed(0)} (${quantile(values, 0).toFixed(0)} to ${quantile(values, 1).toFixed(0)}) ms`;

/** Nothing here asserts a time; the tables are to be read beside each other. */
describe('what sessions cost', () => {
  let stand: Stand;
  const times: Record<string, string> = {};
  const memory: Record<string, string> = {};

  beforeAll(async () => {
    stand = await Stand.start();
  }, 60_000);

  afterAll(async () => {
    await stand.stop();
    console.table(times);
    console.table(memory);
  });

  it('to open and to check', async () => {
    const { ours, peer } = stand;
    const taken: Record<string, number[]> = {};
    const time = async (name: string, of: Child, question: string, callers: number): Promise<void> => {
      (taken[name] ??= []).push(await of.ask<number>(question, { count: many, callers }));
    };
    for (let round = 0; round < rounds; round += 1) {
      for (const program of [ours, peer]) await program.ask('people', { count: many });
      await time('1,000 sessions opened, one after the other', ours, 'open', 1);
      await time('1,000 sessions opened, by ten at once', ours, 'open', 10);
      await time('better-auth, one after the other', peer, 'open', 1);
      await time('better-auth, by ten at once', peer, 'open', 10);
      await stand.setFsync('off');
      await time('the same without fsync, one after the other', ours, 'open', 1);
      await time('the same without fsync, by ten at once', ours, 'open', 10);
      await stand.setFsync('on');
      await time('1,000 first checks (Postgres, fills Redis), by ten', ours, 'check', 10);
      await time('1,000 further checks (Redis), one after the other', ours, 'check', 1);
      await time('1,000 further checks (Redis), by ten', ours, 'check', 10);
    }
    for (const [name, values] of Object.entries(taken)) times[name] = middle(values);
    expect(Object.keys(times)).toHaveLength(9);
  }, 600_000);

  it('to keep', async () => {
    const counts = await stand.sql<{ sessions: string }>('select count(*) as sessions from sessions');
    const sessions = Number(counts[0]!.sessions);
    const cached = ((await stand.redis.command('KEYS', 'session:*')) as string[]).length;
    await stand.sql('vacuum full');
    for (const table of ['sessions', 'event_log']) {
      const [size] = await stand.sql<{ rows: string; indexes: string }>(
        `select pg_table_size('${table}') as rows, pg_indexes_size('${table}') as indexes`,
      );
      memory[`Postgres, ${table}`] =
        `${Math.round(Number(size!.rows) / sessions)} bytes of rows and ${Math.round(Number(size!.indexes) / sessions)} of indexes`;
    }
    const used = async (): Promise<number> =>
      Number(/used_memory:(\d+)/.exec(String(await stand.redis.command('INFO', 'memory')))![1]);
    const names = (await stand.redis.command('KEYS', 'session:*')) as string[];
    const size = await stand.redis.command('MEMORY', 'USAGE', names[0]!);
    const full = await used();
    await stand.redis.command('FLUSHDB');
    memory['Redis, all of it'] = `${Math.round((full - (await used())) / cached)} bytes`;
    memory['Redis, the entry alone (MEMORY USAGE)'] = `${String(size)} bytes`;
    expect(cached).toBe(rounds * many);
  }, 60_000);

  it('to end', async () => {
    const { ours } = stand;
    const taken: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await ours.ask('hoard', { count: many });
      await ours.ask('check', { count: many, callers: 10 });
      const { ms, ...end } = await ours.ask<{ ms: number }>('end');
      taken.push(ms);
      expect(end).toEqual({ count: many, propagation: 'complete' });
    }
    times['1,000 sessions of one user ended and proven'] = middle(taken);
  }, 600_000);
});
