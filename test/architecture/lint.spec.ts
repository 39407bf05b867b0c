import { runTool, type Sources, withFixtureTree } from './fixture-tree.js';

interface Report {
  readonly diagnostics: readonly { readonly code: string; readonly filename: string }[];
}

/** Each file breaks the rule named in front of it, and no other. */
const violations: readonly (readonly [rule: string, file: string, source: string])[] = [
  [
    'typescript(no-floating-promises)',
    'libs/users/src/a.ts',
    `const f = async () => fetch('x');\nexport const g = () => {\n  f();\n};`,
  ],
  [
    'typescript(no-misused-promises)',
    'libs/users/src/b.ts',
    `const f = async () => fetch('x');\n[1].forEach(async () => {\n  await f();\n});`,
  ],
  [
    'typescript(await-thenable)',
    'libs/users/src/c.ts',
    `const n: number = Number('1');\nexport const f = async () => {\n  await n;\n};`,
  ],
  [
    'typescript(switch-exhaustiveness-check)',
    'libs/users/src/d.ts',
    `export function f(x: 'a' | 'b'): void {\n  switch (x) {\n    case 'a':\n      return;\n  }\n}`,
  ],
  [
    'typescript(return-await)',
    'libs/users/src/e.ts',
    `export async function f(g: () => Promise<void>) {\n  try {\n    return g();\n  } catch {\n    return undefined;\n  }\n}`,
  ],
  [
    'typescript(no-unsafe-return)',
    'libs/users/src/f.ts',
    `export const f = (text: string): string => JSON.parse(text);`,
  ],
  ['node(no-process-env)', 'libs/users/src/g.ts', `export const port = process.env;`],
  ['eslint(no-restricted-properties)', 'libs/users/src/g.ts', ''],
  ['eslint(no-restricted-properties)', 'apps/api/src/a.ts', `export const { env } = process;`],
  ['eslint(no-restricted-properties)', 'libs/users/src/h.ts', `export const n = Math.random();`],
  ['eslint(no-restricted-properties)', 'libs/users/src/i.ts', `export const n = Date.now();`],
  ['eslint(no-restricted-properties)', 'libs/users/src/j.ts', `export const n = performance.now();`],
  ['eslint(no-restricted-properties)', 'libs/users/src/k.ts', `export const n = process.hrtime.bigint();`],
  [
    'eslint(no-restricted-properties)',
    'test/http/a.spec.ts',
    `it('gambles', () => {\n  expect(Math.random()).toBeLessThan(1);\n});`,
  ],
  [
    'eslint(no-restricted-properties)',
    'libs/kernel/src/clock.ts',
    `export const now = () => Date.now() + performance.now();\nexport const n = Math.random();`,
  ],
  ['eslint(no-restricted-imports)', 'libs/users/src/l.ts', `export { fork } from 'node:child_process';`],
  ['eslint(no-restricted-imports)', 'apps/api/src/b.ts', `export { env } from 'node:process';`],
  [
    'eslint(no-restricted-imports)',
    'libs/postgres/src/a.ts',
    `export { fork } from 'node:child_process';\nexport { performance } from 'node:perf_hooks';`,
  ],
  ['eslint(no-eval)', 'libs/users/src/m.ts', `export const x: unknown = eval('1');`],
  ['eslint(no-new-func)', 'libs/users/src/n.ts', `export const x: unknown = new Function('return 1');`],
  ['typescript(no-implied-eval)', 'libs/users/src/n.ts', ''],
  [
    'typescript(ban-ts-comment)',
    'libs/users/src/o.ts',
    `// @ts-ignore a reason does not help\nexport const x = 1;`,
  ],
  ['eslint(max-lines)', 'libs/users/src/p.ts', `export const x = 1;\n${'// a line\n'.repeat(300)}`],
  ['eslint(no-console)', 'libs/users/src/q.ts', `console.log('x');`],
  [
    'eslint(no-await-in-loop)',
    'libs/users/src/infrastructure/postgres/a.ts',
    `export async function f(ids: string[], remove: (id: string) => Promise<void>) {\n  for (const id of ids) await remove(id);\n}`,
  ],
  [
    'jest(no-focused-tests)',
    'libs/users/src/a.spec.ts',
    `it.only('is mine', () => {\n  expect(1).toBe(1);\n});`,
  ],
  [
    'jest(no-disabled-tests)',
    'libs/users/src/b.spec.ts',
    `it.skip('is late', () => {\n  expect(1).toBe(1);\n});`,
  ],
  [
    'jest(expect-expect)',
    'libs/users/src/c.spec.ts',
    `it('asserts nothing', () => {\n  JSON.stringify({});\n});`,
  ],
];

const legal: Sources = {
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'ES2023',
      strict: true,
      experimentalDecorators: true,
      types: ['node', 'jest'],
    },
    include: ['apps', 'libs', 'test'],
  }),
  'libs/config/src/index.ts': `export const port = process.env.PORT;`,
  'libs/telemetry/src/index.ts': `export const now = performance.now();`,
  'libs/postgres/src/index.ts': `export { fork } from 'node:child_process';`,
  'libs/testing/src/index.ts': `export { fork } from 'node:child_process';\nexport const url = process.env.DATABASE_URL;\nexport const now = Date.now();`,
  'libs/users/src/users.service.ts': `export class UsersService {\n  readonly names: string[] = [];\n}`,
  // Injection needs the class at run time although only its type is written down.
  'libs/users/src/users.module.ts': `import 'reflect-metadata';\nimport { Injectable, Module } from '@nestjs/common';\nimport { UsersService } from './users.service.js';\n@Injectable()\nexport class Listing {\n  constructor(readonly users: UsersService) {}\n}\n@Module({})\nexport class UsersModule {}`,
  'test/http/b.spec.ts': `it('waits', async () => {\n  await expect(Promise.resolve(process.env.CI)).resolves.toBe(Date.now());\n});`,
};

describe('lint configuration', () => {
  it('reports every planted violation by its rule, and nothing else', () => {
    const planted = Object.fromEntries(
      violations.filter(([, , source]) => source).map(([, file, source]) => [file, source]),
    );
    const report = withFixtureTree({ ...planted, ...legal }, ['.oxlintrc.json'], (folder) => {
      const { stdout, stderr } = runTool(folder, 'node_modules/oxlint/bin/oxlint', [
        '--format',
        'json',
        'apps',
        'libs',
        'test',
      ]);
      if (!stdout.startsWith('{')) throw new Error(`oxlint did not run: ${stdout}${stderr}`);
      return JSON.parse(stdout) as Report;
    });
    const reported = new Set(
      report.diagnostics.map(({ code, filename }) => `${filename} breaks ${code.replace('-eslint', '')}`),
    );
    expect([...reported].toSorted()).toEqual(
      violations.map(([rule, file]) => `${file} breaks ${rule}`).toSorted(),
    );
  });
});
