import { execFile, spawn } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findPostgres } from './find-postgres.mjs';
import { findRedis } from './find-redis.mjs';
import { nobody } from './nobody.mjs';

const run = promisify(execFile);
const reaperScript = fileURLToPath(new URL('../../libs/testing/src/reaper.sh', import.meta.url));

/** Milliseconds; normally both servers are there in under a second. */
const startTimeout = 60_000;

let reaper = null;

/**
 * Starts a PostgreSQL for each of jest's workers and the Redis that all share, at once, and returns the environment
 * by which the files find them (see libs/testing/src/test-servers.ts). A PostgreSQL is not shared by files that run at
 * the same time: a transaction held open in one of its databases holds back what readers of a log may read in all. They
 * end with `stopSharedServers` or with this process, however it dies.
 */
export async function startSharedServers(workers) {
  const scratch = mkdtempSync(join(tmpdir(), 'rollcall-'));
  // PostgreSQL under root runs as another user, who must be able to reach its folders.
  chmodSync(scratch, 0o755);
  reaper = spawn('sh', [reaperScript, scratch], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.unref();
  reaper.stdin.unref();
  reaper.stdin.on('error', () => undefined); // Somebody killed it; the tests can do without.
  // Both settled before the folder is removed: an initdb under way would make it again.
  const starts = await Promise.allSettled([startAllPostgres(scratch, workers), startRedis(scratch)]);
  const failure = starts.find(({ status }) => status === 'rejected');
  if (!failure) return Object.assign({}, ...starts.map(({ value }) => value));
  await stopSharedServers();
  throw failure.reason;
}

/** Resolves when the servers are gone and their folder is removed. */
export async function stopSharedServers() {
  if (!reaper) return;
  const gone = new Promise((resolve) => reaper.once('exit', resolve));
  reaper.ref();
  reaper.stdin.end();
  reaper = null;
  await gone;
}

async function startAllPostgres(scratch, workers) {
  const bin = await findPostgres(scratch);
  const [cluster, sockets] = ['cluster', 'sockets'].map((name) => folderFor(nobody, join(scratch, name)));
  const options = { ...nobody, cwd: scratch, env: { ...process.env, LC_ALL: 'C' } };
  await run(
    join(bin, 'initdb'),
    ['-D', cluster, '-U', 'rollcall', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    options,
  );
  const ports = await Promise.all(
    Array.from({ length: workers }, async (_, worker) => {
      // The cluster stays as it is, for private servers to be copied from; -a keeps the owner.
      const data = join(scratch, `data-${worker + 1}`);
      await run('cp', ['-a', cluster, data]);
      return startPostgres(bin, data, sockets, options);
    }),
  );
  return {
    TEST_POSTGRES_URLS: ports.map((port) => `postgres://rollcall@127.0.0.1:${port}/postgres`).join(' '),
    TEST_POSTGRES_BIN_DIR: bin,
    TEST_POSTGRES_CLUSTER: cluster,
  };
}

async function startPostgres(bin, data, sockets, options) {
  const port = await freePort();
  const settings = { listen_addresses: '127.0.0.1', fsync: 'off', max_connections: '200' };
  const settingArgs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  await start(
    join(bin, 'postgres'),
    ['-D', data, '-p', String(port), '-k', sockets, ...settingArgs],
    // The whole phrase: "already in use" and "not yet accepting connections" are printed as well.
    { sign: 'ready to accept connections', ...options },
  );
  return port;
}

async function startRedis(scratch) {
  const server = findRedis();
  const port = await freePort();
  await start(
    server,
    [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--protected-mode',
      'no',
      '--save',
      '',
      '--appendonly',
      'no',
    ],
    { sign: 'Ready to accept connections', cwd: scratch },
  );
  return { TEST_REDIS_URL: `redis://127.0.0.1:${port}`, TEST_REDIS_SERVER: server };
}

/** Resolves when the server printed the sign; rejects with all it printed when it exits or stays silent. */
function start(command, args, { sign, ...options }) {
  return new Promise((resolve, reject) => {
    const server = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const patience = setTimeout(() => fail('is not ready in time'), startTimeout);
    const fail = (reason) => {
      clearTimeout(patience);
      reject(new Error(`${command} ${reason}:\n${output}`));
    };
    const read = (chunk) => {
      output += chunk;
      if (!output.includes(sign)) return;
      clearTimeout(patience);
      resolve();
      // Read on, or a full pipe would stop the server; but nobody looks at it any more.
      for (const stream of [server.stdout, server.stderr]) stream.off('data', read).resume().unref();
      server.unref();
    };
    server.stdout.on('data', read);
    server.stderr.on('data', read);
    server.once('error', (error) => fail(`cannot be started: ${error.message}`));
    server.once('close', () => fail('exited before it was ready'));
    if (server.pid) reaper.stdin.write(`watch ${server.pid}\n`);
    server.once('exit', () => reaper?.stdin.write(`forget ${server.pid}\n`));
  });
}

function folderFor({ uid, gid }, path) {
  mkdirSync(path, { mode: 0o700 });
  if (uid !== undefined) chownSync(path, uid, gid);
  return path;
}

/** Chosen by the system; nothing is ever restarted on it, so it need not stay free. */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
