import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of the package.json above this file. */
export const repositoryRoot = nearestPackage(import.meta.dirname);

function nearestPackage(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('there is no package.json above libs/testing');
  return nearestPackage(parent);
}
