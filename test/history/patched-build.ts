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
 * A copy of the build with the patch applied; the path of its main program. Throws unless the snippet is there
 * exactly once: a patch that no longer fits would test nothing.
 */
export function patchedBuild(name: string, { file, find, replace }: Patch): { main: string; remove(): void } {
  const home = join(root, 'dist', shelf, `${name.replaceAll(/\W+/g, '-')}-${process.pid}`);
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
  return {
    main: join(home, 'apps', 'api', 'src', 'main.js'),
    remove: () => rmSync(home, { recursive: true, force: true }),
  };
}
