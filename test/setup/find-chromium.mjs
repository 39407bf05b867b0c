import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const onMac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/**
 * Path of a Chromium: TEST_CHROMIUM if set, else one of the machine, else, under root on Debian, one installed now. Null
 * if there is none; only the tests that need a browser fail then, and say what to do.
 */
export function findChromium() {
  return process.env.TEST_CHROMIUM ?? onMachine() ?? install();
}

function onMachine() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const candidates = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...candidates, onMac].find(existsSync) ?? null;
}

function install() {
  const aptGet = '/usr/bin/apt-get';
  if (process.getuid?.() !== 0 || !existsSync(aptGet)) return null;
  const run = (...args) =>
    spawnSync(aptGet, args, {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  run('update');
  run('install', '-y', '--no-install-recommends', 'chromium');
  return onMachine();
}
