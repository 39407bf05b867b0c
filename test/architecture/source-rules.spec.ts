import { runTool, type Sources, withFixtureTree } from './fixture-tree.js';

const script = 'scripts/check-source-rules.mjs';

/** In parts, because this file is checked as well. */
const machinePath = ['', 'home', 'somebody', 'rollcall'].join('/');
/** Spelled as on a machine, and nothing of the kind behind a host. */
const pathsOfUrls = [
  ['', 'home', 'page'],
  ['', 'root', '1'],
].map((parts) => parts.join('/'));

/** Each file breaks the rule named in front of it, and no other. */
const violations: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['time-only-from-clock', 'libs/users/src/a.ts', `export const now = new Date();`],
  ['time-only-from-clock', 'apps/api/src/a.ts', `export const now = Date();`],
  [
    'no-weak-hash',
    'libs/users/src/b.ts',
    `import { createHash } from 'node:crypto';\nexport const h = createHash('md5');`,
  ],
  [
    'no-weak-hash',
    'libs/users/src/c.ts',
    `import * as c from 'node:crypto';\nexport const h = c.createHmac("sha1", 'k');`,
  ],
  ['no-unverified-token', 'libs/tokens/src/a.ts', `export const f = (jwt: Jwt) => jwt.decode('x');`],
  ['no-unverified-token', 'libs/tokens/src/b.ts', `export const f = (x: any) => x.tokens.decode('x');`],
  [
    'no-unverified-token',
    'libs/tokens/src/c.ts',
    `import { decodeJwt } from 'jose';\nexport const f = () => decodeJwt('x');`,
  ],
  ['no-skipped-tests', 'libs/users/src/a.spec.ts', `it.skip('later', () => {});`],
  ['no-skipped-tests', 'libs/users/src/b.spec.ts', `describe.only('mine', () => {});`],
  ['no-skipped-tests', 'test/http/a.spec.ts', `(process.env.CI ? it : it.skip)('sometimes', () => {});`],
  ['no-skipped-tests', 'test/http/b.spec.ts', `it.each([1]).only('mine', () => {});`],
  [
    'no-skipped-tests',
    'libs/users/src/testing/contract.ts',
    `export const c = () => xit('never', () => {});`,
  ],
  ['todo-has-a-condition', 'libs/users/src/d.ts', `// TODO: tidy up\nexport {};`],
  ['todo-has-a-condition', 'libs/users/src/e.ts', `export const f = () => { /* FIXME */ };`],
  ['todo-has-a-condition', 'libs/users/src/lua/a.lua', `-- TODO faster`],
  ['suppression-has-a-reason', 'libs/users/src/f.ts', `// oxlint-disable-next-line no-eval\nexport {};`],
  ['suppression-has-a-reason', 'libs/users/src/g.ts', `/* eslint-disable */\nexport {};`],
  ['suppression-has-a-reason', 'libs/users/src/h.ts', `/* eslint-disable -- because I say so */\nexport {};`],
  ['no-machine-paths', 'libs/users/src/i.ts', `export const folder = '${machinePath}';`],
  ['no-machine-paths', 'db/migrations/0001.sql', `copy users from '${machinePath}';`],
];

const legal: Sources = {
  'libs/kernel/src/clock.ts': `export const now = () => new Date();`,
  'libs/telemetry/src/log.ts': `export const now = () => new Date();`,
  'libs/testing/src/clock.ts': `export const now = () => new Date();`,
  'libs/users/src/time.ts': `export const at = (ms: number) => new Date(ms); // 'new Date()' is named only here\n`,
  'libs/users/src/time.spec.ts': `it('is now', () => { expect(new Date()).toBeDefined(); });`,
  'libs/users/src/hash.ts': `import { createHash } from 'node:crypto';\nexport const h = createHash('sha256');`,
  'libs/users/src/text.ts': `export const decoded = new TextDecoder().decode(new Uint8Array());\nexport const word = 'TODO';`,
  'libs/users/src/todo.ts': `// TODO(node-22-required): use the built-in.\nexport {};`,
  'libs/users/src/suppressed.ts': `// oxlint-disable-next-line no-eval -- the input is a constant of ours\nexport {};`,
  'libs/users/src/urls.ts': `export const u = (base: string) => \`\${base}${pathsOfUrls[0]} https://example.org${pathsOfUrls[1]}\`;`,
};

describe('source rules', () => {
  it('report every planted violation by its rule, and nothing else', () => {
    const sources = { ...legal, ...Object.fromEntries(violations.map(([, file, source]) => [file, source])) };
    const { code, stderr } = withFixtureTree(sources, [], (folder) => runTool(folder, script, []));
    const reported = [...stderr.matchAll(/^(\S+?):\d+:\d+ .*\[([\w-]+)\]$/gm)];
    expect(reported.map(([, file, rule]) => `${file} breaks ${rule}`)).toEqual(
      violations.map(([rule, file]) => `${file} breaks ${rule}`).toSorted(),
    );
    expect(code).toBe(1);
  });

  it('accept a tree without violations', () => {
    const { code, stderr } = withFixtureTree(legal, [], (folder) => runTool(folder, script, []));
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('refuse to approve an empty folder', () => {
    const { code, stderr } = withFixtureTree({}, [], (folder) => runTool(folder, script, []));
    expect(stderr).toContain('No source file found');
    expect(code).toBe(1);
  });
});
