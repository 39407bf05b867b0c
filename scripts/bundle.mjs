/**
 * Packs the compiled programs, each with all of its packages, into `bin/` beside them (ADR 10). Takes the folder of the
 * compiled sources, `dist` unless told.
 */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';

const [folder = 'dist'] = process.argv.slice(2);

const programs = {
  api: 'apps/api/src/main.js',
  rollcall: 'apps/cli/src/main.js',
  worker: 'apps/worker/src/main.js',
  // Started as a process of its own, and looked for beside the program that starts it.
  'create-embedded-cluster': 'libs/postgres/src/create-embedded-cluster.js',
  // The same for a thread.
  'hashing-thread': 'libs/auth/src/infrastructure/argon2/hashing-thread.js',
};

/** With files of their own beside the code: native modules, WebAssembly, threads, pages. */
const whole = [/^@electric-sql\/pglite/, '@node-rs/argon2', 'piscina', 'sharp', 'swagger-ui-dist'];

/** What packages look for and do without. */
const absent = [
  /^@grpc\//,
  /^@nestjs\/(axios|microservices|mongoose|platform-express|sequelize|typeorm|websockets)/,
  /^class-(transformer|validator)/,
  '@fastify/view',
  '@mikro-orm/core',
  'pg-native',
];

const target = join(folder, 'bin');
rmSync(target, { recursive: true, force: true });
await build({
  input: Object.fromEntries(Object.entries(programs).map(([name, file]) => [name, join(folder, file)])),
  platform: 'node',
  external: [...whole, ...absent],
  logLevel: 'warn',
  onLog: (level, log, print) => {
    if (log.code === 'UNRESOLVED_IMPORT')
      throw new Error(`not found, and not named as absent: ${log.message}`);
    print(level, log);
  },
  output: { dir: target, format: 'esm', sourcemap: true },
});
// Started by its name (`bin` of package.json).
chmodSync(join(target, 'rollcall.js'), 0o755);
