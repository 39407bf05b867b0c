import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** One snippet of one compiled file, exchanged for another. */
export interface Patch {
  /** Below `dist/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const root = join(import.meta.dirname, '..', '..');

/** Inside `dist/`, because packages and migrations are found from the place of the program upwards. */
const shelf = '.patched';

/**
 * Works with a copy of the build to which the patch is applied, given the path of the API's program. Rejects unless
 * the snippet is there exactly once: a patch that no longer fits would test nothing.
 */
export async function withPatchedBuild(
  name: string,
  { file, find, replace }: Patch,
  work: (main: string) => Promise<void>,
): Promise<void> {
  const home = join(root, 'dist', shelf, `${name.replaceAll(/\W+/g, '-')}-${process.pid}`);
  try {
    for (const part of ['apps', 'libs']) {
      const wanted = (path: string): boolean => !basename(path).endsWith('.map');
      cpSync(join(root, 'dist', part), join(home, part), { recursive: true, filter: wanted });
    }
    const path = join(home, file);
    const source = readFileSync(path, 'utf8');
    const found = source.split(find).length - 1;
    if (found !== 1) throw new Error(`${file} contains the snippet of "${name}" ${found} times:\n${find}`);
    writeFileSync(
      path,
      source.replace(find, () => replace),
    );
    execFileSync(process.execPath, [join(root, 'scripts', 'bundle.mjs'), home], { stdio: 'pipe' });
    await work(join(home, 'bin', 'api.js'));
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
