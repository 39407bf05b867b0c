import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Path of a program of the machine; under root on Debian it is installed from `debianPackage` when it is missing. Throws
 * with what to do when it can be neither found nor installed.
 */
export function findProgram(name: string, debianPackage: string): string {
  return onPath(name) ?? install(name, debianPackage) ?? refuse(name, debianPackage);
}

function onPath(name: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function install(name: string, debianPackage: string): string | null {
  const aptGet = onPath('apt-get');
  if (process.getuid?.() !== 0 || !aptGet) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync(aptGet, ['update'], { env, stdio: 'ignore' });
  spawnSync(aptGet, ['install', '-y', '--no-install-recommends', debianPackage], { env, stdio: 'ignore' });
  return onPath(name);
}

function refuse(name: string, debianPackage: string): never {
  throw new Error(`This test needs ${name}: install it with apt-get install ${debianPackage}.`);
}
