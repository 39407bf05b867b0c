/**
 * Proves that generated files are fresh: the migrations against the table files, script modules against their Lua, openapi.json against the built
 * app, the typed client against openapi.json. `node scripts/check-generated.mjs [migrations] [lua] [openapi] [client]`; without arguments all. Changes nothing.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';

const migrationsFolder = 'db/migrations';
const documentFile = 'openapi.json';
const documentScript = 'dist/apps/api/src/openapi.js';
const timeoutMs = 120_000;

/**
 * Lets drizzle-kit generate into a copy. Its exit code is 0 even when it fails (a broken table file, a rename it
 * wants to ask about), so only its own words count as success. It refuses an absolute `out`.
 */
function staleMigrations() {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-migrations-'));
  try {
    const copy = join(folder, 'migrations');
    if (existsSync(migrationsFolder)) cpSync(migrationsFolder, copy, { recursive: true });
    const before = listing(copy);
    const config = join(folder, 'drizzle.config.ts');
    const base = JSON.stringify(resolve('drizzle.config'));
    const out = JSON.stringify(relative(process.cwd(), copy));
    writeFileSync(config, `import base from ${base};\nexport default { ...base, out: ${out} };\n`);
    const output = run('node_modules/drizzle-kit/bin.cjs', ['generate', '--config', config]);
    const added = listing(copy).filter((file) => !before.includes(file) && file.endsWith('.sql'));
    if (added.length > 0) {
      const sql = added.map((file) => readFileSync(join(copy, file), 'utf8')).join('\n');
      return `A table changed without its migration. Run: npm run migrations:generate\nIt would add:\n${sql}`;
    }
    if (output.text.includes('No schema changes')) return null;
    return `drizzle-kit could not compare tables and migrations (a rename needs: npm run migrations:generate):\n${output.text}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function staleDocument() {
  if (!existsSync(documentScript)) return `${documentScript} is missing. Run: npm run build`;
  if (!existsSync(documentFile)) return `${documentFile} is missing. Run: npm run openapi`;
  const { code, stdout, text } = run(documentScript, ['--stdout']);
  if (code !== 0) return `${documentScript} failed with exit code ${code}:\n${text}`;
  const committed = readFileSync(documentFile, 'utf8');
  if (stdout === committed) return null;
  const [now, then] = [stdout.split('\n'), committed.split('\n')];
  const line = now.findIndex((content, index) => content !== then[index]);
  return [
    `${documentFile} is not what the app serves. Run: npm run openapi`,
    `First difference in line ${line + 1}:`,
    `- ${then[line] ?? '(end of file)'}`,
    `+ ${now[line] ?? '(end of file)'}`,
  ].join('\n');
}

function staleScripts() {
  const { code, text } = run('scripts/build-lua.mjs', ['--check']);
  return code === 0 ? null : text;
}

function staleClient() {
  const { code, text } = run('scripts/generate-client.mjs', ['--check']);
  return code === 0 ? null : text;
}

function listing(folder) {
  return existsSync(folder) ? readdirSync(folder, { recursive: true }) : [];
}

function run(script, args) {
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [script, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, stdout, text: [stdout, stderr, error?.message].filter(Boolean).join('\n') };
}

const checks = {
  migrations: staleMigrations,
  lua: staleScripts,
  openapi: staleDocument,
  client: staleClient,
};
const asked = process.argv.slice(2);
for (const name of asked.length > 0 ? asked : Object.keys(checks)) {
  if (!checks[name]) throw new Error(`unknown check ${name}; known: ${Object.keys(checks).join(', ')}`);
  const problem = checks[name]();
  if (problem) {
    process.exitCode = 1;
    console.error(`${name}: ${problem}`);
  } else {
    console.log(`${name}: fresh`);
  }
}
