/**
 * Takes the previous version (db/previous.json) from the history and builds its API program into dist/.previous, once;
 * prints the path of the program. Without checking its types this takes some seconds. Inside `dist`, because packages are
 * found from the place of the program upwards; its migrations are its own.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from '@swc/core';
import { rolldown } from 'rolldown';

const { commit } = JSON.parse(readFileSync('db/previous.json', 'utf8'));
const shelf = 'dist/.previous';
const home = join(shelf, commit.slice(0, 12));

/** With files of their own beside the code, or absent; as in bundle.mjs. */
const external = [
  /^@electric-sql\/pglite/,
  /^@grpc\//,
  /^@nestjs\/(axios|microservices|mongoose|platform-express|sequelize|typeorm|websockets)/,
  /^class-(transformer|validator)/,
  '@fastify/view',
  '@mikro-orm/core',
  '@node-rs/argon2',
  'pg-native',
  'piscina',
  'sharp',
  'swagger-ui-dist',
];

const programs = {
  api: 'apps/api/src/main.ts',
  'hashing-thread': 'libs/auth/src/infrastructure/argon2/hashing-thread.js',
};

/** Decorators with their metadata, as the tests are compiled. */
const typescript = {
  name: 'typescript',
  async transform(code, id) {
    if (!id.endsWith('.ts')) return null;
    const { code: plain } = await transform(code, {
      filename: id,
      swcrc: false,
      jsc: {
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true },
        target: 'es2022',
        keepClassNames: true,
      },
      module: { type: 'es6' },
    });
    return { code: plain, moduleType: 'js' };
  },
};

function unpack(folder) {
  const parts = ['apps', 'libs', 'db', 'tsconfig.json', 'package.json'];
  const options = { maxBuffer: 512 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] };
  let archive;
  try {
    archive = execFileSync('git', ['archive', commit, ...parts], options);
  } catch (cause) {
    throw new Error(`${commit} is not in this clone; get the whole history: git fetch --unshallow`, {
      cause,
    });
  }
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
}

async function build(folder) {
  const { paths } = JSON.parse(readFileSync(join(folder, 'tsconfig.json'), 'utf8')).compilerOptions;
  const bundle = await rolldown({
    input: Object.fromEntries(Object.entries(programs).map(([name, file]) => [name, join(folder, file)])),
    platform: 'node',
    external,
    // Types that decorators mention look like values that nobody exports; they are only asked for by `typeof`.
    logLevel: 'silent',
    resolve: {
      extensionAlias: { '.js': ['.ts', '.js'] },
      alias: Object.fromEntries(
        Object.entries(paths).map(([name, [file]]) => [name, join(process.cwd(), folder, file)]),
      ),
    },
    plugins: [typescript],
  });
  await bundle.write({ dir: join(folder, 'bin'), format: 'esm' });
  await bundle.close();
}

if (!existsSync(home)) {
  mkdirSync(shelf, { recursive: true });
  const draft = mkdtempSync(`${home}.making-`);
  try {
    unpack(draft);
    await build(draft);
    renameSync(draft, home);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
console.log(join(home, 'bin', 'api.js'));
