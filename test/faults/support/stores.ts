import { FaultProxy, PostgresProcess, type PostgresSettings, RedisProcess } from '@app/testing';
import pg from 'pg';
import { own } from './own.js';

/** Enough for tests that do not kill the server: nothing waits for a disk. */
export const notDurable: PostgresSettings = { fsync: 'off' };

export async function startPostgres(settings: PostgresSettings = {}): Promise<PostgresProcess> {
  const postgres = await PostgresProcess.start(settings);
  own(() => postgres.stop());
  return postgres;
}

export async function startRedis(args: readonly string[] = []): Promise<RedisProcess> {
  const redis = await RedisProcess.start({ args });
  own(() => redis.stop());
  return redis;
}

export async function startProxy({ port }: { readonly port: number }): Promise<FaultProxy> {
  const proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port } });
  own(() => proxy.close());
  return proxy;
}

/** Behind the product's back, over a connection of its own. */
export async function sql<Row>(url: string, text: string, values: unknown[] = []): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'test-admin' });
  client.on('error', () => undefined); // The pending query rejects with the same error.
  await client.connect();
  try {
    return (await client.query(text, values)).rows as Row[];
  } finally {
    await client.end();
  }
}

/** As on a primary that was demoted; holds for connections that are open, too. */
export async function setReadOnly(url: string, value: 'on' | 'off'): Promise<void> {
  await sql(url, `alter system set default_transaction_read_only = ${value}`);
  await sql(url, 'select pg_reload_conf()');
}
