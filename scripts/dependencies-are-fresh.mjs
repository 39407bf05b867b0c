/**
 * Exits 0 if node_modules is what package-lock.json describes, 1 if `npm ci` is due. Compares contents with npm's
 * own record of the installation: times say nothing after a clone or a branch change.
 */
import { readFileSync } from 'node:fs';

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Missing or torn by an interrupted installation: either way it must be made again.
    return null;
  }
}

function reasonToInstall() {
  const manifest = read('package.json');
  const wanted = read('package-lock.json')?.packages;
  const installed = read('node_modules/.package-lock.json')?.packages;
  if (!manifest || !wanted) return 'package.json or package-lock.json cannot be read';
  if (!installed) return 'node_modules is missing or incomplete';
  for (const kind of ['dependencies', 'devDependencies']) {
    if (JSON.stringify(manifest[kind] ?? {}) !== JSON.stringify(wanted['']?.[kind] ?? {})) {
      return `${kind} of package.json and package-lock.json differ`;
    }
  }
  for (const [path, entry] of Object.entries(wanted)) {
    // Builds for other platforms are optional and rightly absent.
    const isAbsent = path !== '' && !installed[path];
    if (isAbsent && !entry.optional && !entry.devOptional) return `${path} is not installed`;
    if (installed[path] && installed[path].integrity !== entry.integrity)
      return `${path} has another version`;
  }
  const extra = Object.keys(installed).find((path) => !wanted[path]);
  return extra ? `${extra} is installed but not in package-lock.json` : null;
}

const reason = reasonToInstall();
if (reason) {
  console.log(`dependencies: ${reason}`);
  process.exitCode = 1;
}
