import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Path of a redis-server. No npm package brings one, so under root on Debian and Ubuntu it is installed when it
 * is missing. Throws with what to do when it can be neither found nor installed.
 */
export function findRedis() {
  return onPath('redis-server') ?? install() ?? refuse();
}

function onPath(program) {
  const candidates = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  return candidates.find(existsSync) ?? null;
}

function install() {
  const aptGet = onPath('apt-get');
  if (process.getuid?.() !== 0 || !aptGet) return null;
  const run = (...args) =>
    spawnSync(aptGet, args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  run('update');
  run('install', '-y', '--no-install-recommends', 'redis-server');
  return onPath('redis-server');
}

function refuse() {
  throw new Error(
    'The tests need a redis-server (7 or newer) on the PATH: install it with apt-get install redis-server or brew install redis.',
  );
}
