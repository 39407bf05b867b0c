import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { transformFileSync } from '@swc/core';
import { loadConfig, resolveServerSecret } from '../src/index.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-secret-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const dataDir = (): string => join(folder, 'data');
const keyFile = (): string => join(dataDir(), 'secret.key');
const keyOf = (environment: Record<string, string>): string =>
  resolveServerSecret(loadConfig(environment)).deriveKey('tests/v1').toString('hex');

describe(resolveServerSecret.name, () => {
  it('takes SECRET_KEY when there is one and leaves the disk alone', () => {
    const key = keyOf({ DATA_DIR: dataDir(), SECRET_KEY: '5f2c1d94b07ea8365f2c1d94b07ea836e1' });

    expect(keyOf({ SECRET_KEY: '5f2c1d94b07ea8365f2c1d94b07ea836e1' })).toBe(key);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('v5.0.0-13.3.2 makes one that only its owner can read, whatever the umask', () => {
    const before = process.umask(0);
    try {
      keyOf({ DATA_DIR: dataDir() });
    } finally {
      process.umask(before);
    }

    expect(statSync(keyFile()).mode & 0o777).toBe(0o600);
    expect(statSync(dataDir()).mode & 0o777).toBe(0o700);
    expect(readFileSync(keyFile(), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps the one it made and leaves no draft behind', () => {
    const key = keyOf({ DATA_DIR: dataDir() });

    expect(keyOf({ DATA_DIR: dataDir() })).toBe(key);
    expect(readdirSync(dataDir())).toEqual(['secret.key']);
  });

  it('reads a file that an operator wrote, with or without a line end', () => {
    const secret = '5f2c1d94b07ea8365f2c1d94b07ea836e1';
    keyOf({ DATA_DIR: dataDir() });
    writeFileSync(keyFile(), `${secret}\n`);

    expect(keyOf({ DATA_DIR: dataDir() })).toBe(keyOf({ SECRET_KEY: secret }));
  });

  it.each(['', '\n', 'short'])('v5.0.0-11.2.3 refuses a stored key that is no key: %j', (content) => {
    keyOf({ DATA_DIR: dataDir() });
    writeFileSync(keyFile(), content);

    expect(() => keyOf({ DATA_DIR: dataDir() })).toThrow(`${keyFile()} holds no secret`);
  });

  it('agrees on one key when several processes start at once', async () => {
    const script = compileForChild(folder);
    const children = Array.from({ length: 6 }, () =>
      spawn(process.execPath, [script, dataDir()], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    await Promise.all(children.map(({ stdout }) => once(stdout, 'readable')));

    // All are up and wait; the end of their input is the starting shot.
    for (const { stdin } of children) stdin.end();
    const keys = await Promise.all(children.map(({ stdout }) => text(stdout)));

    expect(new Set(keys).size).toBe(1);
    expect(keys[0]).toMatch(/^ready [0-9a-f]{64}$/);
    expect(readdirSync(dataDir())).toEqual(['secret.key']);
  });
});

/** The two sources involved, as plain modules that a bare `node` can run. */
function compileForChild(target: string): string {
  const sources = {
    'server-secret.mjs': join(__dirname, '../src/server-secret.ts'),
    'kernel.mjs': join(__dirname, '../../kernel/src/server-secret.ts'),
  };
  for (const [name, source] of Object.entries(sources)) {
    const { code } = transformFileSync(source, {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    });
    writeFileSync(join(target, name), code.replaceAll('@app/kernel', './kernel.mjs'));
  }
  const script = join(target, 'start.mjs');
  writeFileSync(
    script,
    `import { resolveServerSecret } from './server-secret.mjs';
     process.stdout.write('ready ');
     for await (const _ of process.stdin);
     const secret = resolveServerSecret({ secretKey: null, dataDir: process.argv[2] });
     process.stdout.write(secret.deriveKey('tests/v1').toString('hex'));`,
  );
  return script;
}
