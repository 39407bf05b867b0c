import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root, runTool, type Sources, withFixtureTree } from './fixture-tree.js';

interface Rules {
  readonly forbidden: readonly { readonly name: string }[];
}

interface Report {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

const configFile = '.dependency-cruiser.cjs';
const cruised = ['apps', 'libs', 'packages', 'examples', 'test'];

/** A file that breaks exactly one rule, and what it contains. Names end in the rule they break. */
const violations: readonly { readonly rule: string; readonly file: string; readonly source: string }[] = [
  broken('tier-of-kernel', 'libs/kernel/src/a.ts', `import '@app/config';`),
  broken('tier-of-config-telemetry', 'libs/config/src/a.ts', `import '@app/telemetry';`),
  broken('tier-of-postgres-redis', 'libs/postgres/src/a.ts', `import '@app/redis';`),
  broken('tier-of-cache-event-log', 'libs/event-log/src/a.ts', `import '@app/sessions';`),
  broken('tier-of-tokens-users-sessions-rate-limit', 'libs/sessions/src/a.ts', `import '@app/users';`),
  broken(
    'tier-of-auth-analytics-audit-webhooks-alerts-doctor-health',
    'libs/health/src/a.ts',
    `import '@app/auth';`,
  ),
  broken('lib-without-a-tier', 'libs/http/src/a.ts', `import '@app/newcomer';`),
  broken('libs-never-import-apps', 'libs/http/src/b.ts', `import '../../../apps/api/src/main.js';`),
  broken('apps-are-separate', 'apps/worker/src/a.ts', `import '../../api/src/main.js';`),
  broken('packages-stand-alone', 'packages/client/src/a.ts', `import '@app/kernel';`),
  broken('packages-stand-alone', 'packages/client/src/b.ts', `import '@rollcall/nest';`),
  broken('examples-import-packages-only', 'examples/client/src/a.ts', `import '@app/kernel';`),
  broken(
    'examples-import-packages-only',
    'examples/client/src/b.ts',
    `import '../../nest-service/src/main.js';`,
  ),
  broken(
    'packages-only-through-index',
    'examples/client/src/c.ts',
    `import '../../../packages/client/src/tokens.js';`,
  ),
  broken('server-imports-no-packages', 'apps/api/src/g.ts', `import '@rollcall/client';`),
  broken('server-imports-no-packages', 'libs/http/src/c.ts', `import '@rollcall/client';`),
  broken('dashboard-knows-the-api-only', 'apps/dashboard/src/a.ts', `import '@app/kernel';`),
  broken('no-cycles', 'libs/users/src/a.ts', `import type { B } from './b.js'; export type A = B;`),
  broken('only-through-index', 'libs/auth/src/a.ts', `import '@app/users-internals';`),
  broken('only-through-index', 'apps/api/src/a.ts', `import '../../../libs/users/src/user.js';`),
  broken('only-through-index', 'test/http/a.spec.ts', `import '../../libs/users/src/user.js';`),
  broken('across-libs-by-alias', 'libs/auth/src/b.ts', `import '../../users/src/index.js';`),
  broken('testing-lib-only-in-tests', 'libs/auth/src/c.ts', `import '@app/testing';`),
  broken('testing-lib-only-in-tests', 'apps/api/src/b.ts', `import '@app/testing';`),
  broken('test-code-only-in-tests', 'libs/users/src/c.ts', `import './testing/fakes.js';`),
  broken('test-code-only-in-tests', 'apps/api/src/c.ts', `import '../test/harness.js';`),
  broken('domain-imports-only-kernel-and-domain', 'libs/users/src/domain/a.ts', `import 'zod';`),
  broken('domain-imports-only-kernel-and-domain', 'libs/users/src/domain/b.ts', `import 'node:crypto';`),
  broken('domain-imports-only-kernel-and-domain', 'libs/users/src/domain/c.ts', `import '@app/config';`),
  broken(
    'domain-imports-only-kernel-and-domain',
    'libs/users/src/domain/d.ts',
    `import '../application/list.js';`,
  ),
  broken(
    'application-imports-no-infrastructure',
    'libs/users/src/application/a.ts',
    `import '../infrastructure/rows.js';`,
  ),
  broken(
    'only-the-index-imports-the-module',
    'libs/users/src/infrastructure/a.ts',
    `import '../users.module.js';`,
  ),
  broken('no-framework-in-domain-or-kernel', 'libs/kernel/src/b.ts', `import '@nestjs/common';`),
  broken(
    'http-only-at-the-edge',
    'libs/auth/src/d.ts',
    `import type { FastifyRequest } from 'fastify'; export type R = FastifyRequest;`,
  ),
  broken('http-only-at-the-edge', 'libs/telemetry/src/a.ts', `import 'helmet';`),
  broken('http-only-at-the-edge', 'libs/sessions/src/b.ts', `import '@nestjs/platform-fastify';`),
  broken('http-only-at-the-edge', 'libs/sessions/src/c.ts', `import '@nestjs/swagger';`),
  broken('drizzle-only-in-postgres-adapters', 'libs/users/src/infrastructure/b.ts', `import 'drizzle-orm';`),
  broken('drizzle-only-in-postgres-adapters', 'apps/api/src/d.ts', `import 'drizzle-orm/pg-core';`),
  broken('database-drivers-only-in-postgres', 'libs/users/src/infrastructure/postgres/a.ts', `import 'pg';`),
  broken(
    'database-drivers-only-in-postgres',
    'libs/users/src/infrastructure/postgres/b.ts',
    `import '@electric-sql/pglite';`,
  ),
  broken(
    'ioredis-only-in-redis-adapters',
    'libs/users/src/infrastructure/postgres/c.ts',
    `import 'ioredis';`,
  ),
  broken('ioredis-only-in-redis-adapters', 'apps/worker/src/b.ts', `import 'ioredis';`),
  broken('no-dev-packages-in-production', 'apps/api/src/e.ts', `import 'supertest';`),
  broken('not-resolvable', 'apps/api/src/f.ts', `import '@app/users/src/user.js';`),
];

function broken(rule: string, file: string, source: string) {
  return { rule, file, source };
}

/** Every allowed kind of import once; none of these may be reported. */
const legal: Sources = {
  // The way back of the planted cycle, which is reported once, for its first file.
  'libs/users/src/b.ts': `import type { A } from './a.js'; export type B = A;`,
  'libs/users/src/index.ts': `export { UsersModule } from './users.module.js'; export type { User } from './domain/user.js';`,
  'libs/users/src/users.module.ts': `import { Module } from '@nestjs/common'; import './application/list.js'; import './infrastructure/postgres/users.js'; import './infrastructure/redis/users.js';\n@Module({}) export class UsersModule {}`,
  'libs/users/src/user.ts': `export {};`,
  'libs/users/src/domain/name.ts': `export type Name = string;`,
  'libs/users/src/domain/user.ts': `import '@app/kernel'; import type { Name } from './name.js'; export type User = Name;`,
  'libs/users/src/domain/user.spec.ts': `import 'fast-check'; import '@app/testing'; import './user.js'; import '../testing/fakes.js';`,
  'libs/users/src/application/list.ts': `import '@nestjs/common'; import '@app/config'; import '../domain/user.js';`,
  'libs/users/src/application/list.spec.ts': `import '../testing/fakes.js'; import '../infrastructure/rows.js'; import 'pg'; import 'ioredis';`,
  'libs/users/src/infrastructure/rows.ts': `import '../domain/user.js'; import '../application/list.js';`,
  'libs/users/src/infrastructure/postgres/users.ts': `import 'drizzle-orm/pg-core'; import '@app/postgres'; import '../rows.js';`,
  'libs/users/src/infrastructure/redis/users.ts': `import 'ioredis'; import '@app/redis'; import '@app/event-log';`,
  'libs/users/src/testing/fakes.ts': `import '@app/testing'; import '../domain/user.js';`,
  'libs/users/test/users.int.spec.ts': `import '@app/testing'; import 'drizzle-orm'; import 'pg'; import '../src/infrastructure/postgres/users.js';`,
  'libs/postgres/src/index.ts': `import 'pg'; import '@electric-sql/pglite'; import 'drizzle-orm'; import '@app/kernel'; import '@app/config'; import '@app/telemetry';`,
  'libs/redis/src/index.ts': `import 'ioredis';`,
  'libs/http/src/index.ts': `import 'fastify'; import 'helmet'; import '@nestjs/swagger'; import '@app/auth'; import '@app/health';`,
  'libs/testing/src/index.ts': `import 'pg'; import 'ioredis'; import 'supertest'; import '@app/users'; import '@app/http';`,
  'apps/api/src/main.ts': `import '@nestjs/platform-fastify'; import '@app/http'; import '@app/users'; import './feature.js';`,
  'apps/api/src/feature.ts': `import '@nestjs/swagger';`,
  'apps/api/test/harness.ts': `import 'supertest'; import '../src/main.js'; import '@app/testing';`,
  'apps/api/test/api.e2e.spec.ts': `import './harness.js';`,
  'apps/dashboard/src/main.ts': `import '@rollcall/client';`,
  'packages/client/src/index.ts': `import './tokens.js';`,
  'packages/client/src/tokens.ts': `export {};`,
  'packages/nest/src/index.ts': `import '@nestjs/common';`,
  'examples/client/src/main.ts': `import '@rollcall/client'; import '@nestjs/platform-fastify';`,
  'examples/nest-service/src/main.ts': `import '@rollcall/nest';`,
  'test/packages/client.spec.ts': `import '@rollcall/client'; import '../../examples/client/src/main.js';`,
  'test/faults/outage.spec.ts': `import 'pg'; import 'ioredis'; import '@app/testing'; import '@app/users'; import '../../apps/api/test/harness.js';`,
};

const emptyLibs =
  'kernel config telemetry cache event-log tokens sessions rate-limit auth analytics webhooks health newcomer';

describe('module boundaries', () => {
  it('reports every planted violation by its rule, and nothing else', () => {
    const expected = violations.map(({ rule, file }) => `${file} breaks ${rule}`);
    expect(cruiseFixture()).toEqual(expected.toSorted());
  });

  it('has a planted violation for every rule', () => {
    const { forbidden } = createRequire(join(root, 'package.json'))(`./${configFile}`) as Rules;
    const planted = new Set(violations.map(({ rule }) => rule));
    expect([...planted].toSorted()).toEqual(forbidden.map(({ name }) => name).toSorted());
  });

  it('are kept by this repository', () => {
    expect(cruise(root, cruised)).toEqual([]);
  });
});

/** Cruises a temporary tree of the same layout with the configuration of this repository. */
function cruiseFixture(): string[] {
  const libs = [...emptyLibs.split(' '), 'users', 'postgres', 'redis', 'http', 'testing'];
  const paths = Object.fromEntries(libs.map((lib) => [`@app/${lib}`, [`./libs/${lib}/src/index.ts`]]));
  for (const name of ['client', 'nest']) paths[`@rollcall/${name}`] = [`./packages/${name}/src/index.ts`];
  // A deep alias is the shape that a careless new line in tsconfig.json would take.
  paths['@app/users-internals'] = ['./libs/users/src/user.ts'];
  const sources = {
    'tsconfig.json': JSON.stringify({ compilerOptions: { module: 'nodenext', paths } }),
    ...Object.fromEntries(libs.map((lib) => [`libs/${lib}/src/index.ts`, 'export {};'])),
    ...legal,
    ...Object.fromEntries(violations.map(({ file, source }) => [file, source])),
  };
  return withFixtureTree(sources, [configFile, 'package.json'], (folder) => cruise(folder, cruised));
}

/** Sorted, each violation once: the tool lists one per import. */
function cruise(folder: string, targets: readonly string[]): string[] {
  const args = ['--config', configFile, '--output-type', 'json', ...targets];
  const { stdout, stderr } = runTool(
    folder,
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    args,
  );
  if (!stdout.startsWith('{')) throw new Error(`dependency-cruiser did not run: ${stderr}`);
  const { summary } = JSON.parse(stdout) as Report;
  return [...new Set(summary.violations.map(({ from, rule }) => `${from} breaks ${rule.name}`))].toSorted();
}
