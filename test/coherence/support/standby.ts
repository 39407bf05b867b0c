import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually, PostgresProcess } from '@app/testing';
import pg from 'pg';

/**
 * A streaming standby that follows through `link`, which may be a fault proxy that makes it lag. The primary is
 * down for a moment, because its data is copied cold: not every distribution brings pg_basebackup.
 */
export async function startStandbyOf(
  primary: PostgresProcess,
  link: { readonly port: number },
): Promise<PostgresProcess> {
  const standby = await PostgresProcess.start();
  const [source, target] = await Promise.all([dataFolderOf(primary), dataFolderOf(standby)]);
  await Promise.all([primary.kill9(), standby.kill9()]);
  rmSync(target, { recursive: true });
  await promisify(execFile)('cp', ['-a', source, target]);
  rmSync(join(target, 'postmaster.pid'), { force: true });
  writeFileSync(join(target, 'standby.signal'), '');
  await primary.restart();
  await standby.restart({ primary_conninfo: `host=127.0.0.1 port=${link.port} user=rollcall` });
  await eventually(async () => (await ask(primary, 'select from pg_stat_replication')).length === 1, {
    describe: 'the standby follows',
    timeoutMs: 10_000,
  });
  return standby;
}

/** Resolves when it takes writes. */
export async function promote(standby: PostgresProcess): Promise<void> {
  await ask(standby, 'select pg_promote()');
}

/** Resolves when everything that the primary has committed so far can be read on the standby. */
export async function caughtUp(primary: PostgresProcess, standby: PostgresProcess): Promise<void> {
  const [row] = await ask(primary, 'select pg_current_wal_lsn()::text as lsn');
  await eventually(
    async () => {
      const [seen] = await ask(standby, `select pg_last_wal_replay_lsn() >= $1::pg_lsn as yes`, [row?.lsn]);
      return seen?.yes === true;
    },
    { describe: 'the standby has caught up' },
  );
}

async function dataFolderOf(server: PostgresProcess): Promise<string> {
  const [row] = await ask(server, 'show data_directory');
  return String(row?.data_directory);
}

/** On the server itself, whatever the links of the instances do. */
export async function ask(
  server: PostgresProcess,
  text: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: server.url, application_name: 'test-admin' });
  client.on('error', () => undefined); // The pending query rejects with the same error.
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text, values)).rows;
  } finally {
    await client.end();
  }
}
