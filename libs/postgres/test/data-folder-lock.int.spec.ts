import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { transformFileSync } from '@swc/core';
import { DataFolderLock, DataFolderLockedError } from '../src/data-folder-lock.js';

let folder: string;
let program: string;
/** Tries to lock each folder given; is slow between reading a lock and acting on it. */
let racer: string;
const children: ChildProcessByStdio<Writable, Readable, null>[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-lock-'));
  program = join(folder, 'hold.mjs');
  const { code } = transformFileSync(join(__dirname, '../src/data-folder-lock.ts'), {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
  });
  writeFileSync(join(folder, 'data-folder-lock.mjs'), code);
  writeFileSync(
    program,
    `import { DataFolderLock } from './data-folder-lock.mjs';
     try {
       const lock = DataFolderLock.acquire(process.argv[2]);
       process.stdout.write('locked');
       for await (const _ of process.stdin);
       lock.release();
     } catch (error) {
       process.stdout.write(error.message);
       process.exitCode = 1;
     }`,
  );
  racer = join(folder, 'race.mjs');
  writeFileSync(
    racer,
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const [delayMs, ...dataDirs] = process.argv.slice(2);
     const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
     const read = fs.readFileSync;
     fs.readFileSync = (file, ...options) => {
       const text = read(file, ...options);
       if (file.endsWith('.lock')) sleep(Number(delayMs));
       return text;
     };
     syncBuiltinESMExports();
     const { DataFolderLock } = await import('./data-folder-lock.mjs');
     for (const dataDir of dataDirs) {
       process.stdout.write('ready\\n');
       while (!fs.existsSync(dataDir + '.go')) sleep(1);
       try {
         DataFolderLock.acquire(dataDir);
         process.stdout.write('locked\\n');
       } catch {
         process.stdout.write('refused\\n');
       }
     }
     process.stdin.resume();`,
  );
});

afterEach(async () => {
  await Promise.all(children.splice(0).map(killed));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

let folders = 0;
const freshFolder = (): string => join(folder, `data-${(folders += 1)}`);

/** Another process that tries to take the lock; `says` is "locked" or why it could not. */
async function starter(dataDir: string) {
  const child = spawn(process.execPath, [program, dataDir], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, says: said.toString() };
}

/** What a process says, line by line. */
function lines(output: Readable): AsyncIterator<string> {
  return createInterface({ input: output })[Symbol.asyncIterator]();
}

async function killed(child: ChildProcessByStdio<Writable, Readable, null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

describe(DataFolderLock.name, () => {
  it('keeps a second process out and tells which one is in', async () => {
    const dataDir = freshFolder();
    const first = await starter(dataDir);
    const second = await starter(dataDir);

    expect(first.says).toBe('locked');
    expect(second.says).toBe(
      `The data folder ${dataDir} is in use by process ${first.child.pid}. Stop it, or set DATA_DIR to another folder.`,
    );
    expect(() => DataFolderLock.acquire(dataDir)).toThrow(DataFolderLockedError);
  });

  it('lets exactly one of several processes in that start at once', async () => {
    const dataDir = freshFolder();
    const starters = await Promise.all(Array.from({ length: 6 }, () => starter(dataDir)));

    expect(starters.filter(({ says }) => says === 'locked')).toHaveLength(1);
    expect(
      starters.filter(({ says }) => /is in use by process \d+\.|is being opened/.test(says)),
    ).toHaveLength(5);
  });

  it('lets the next process in after a release', async () => {
    const dataDir = freshFolder();
    const first = await starter(dataDir);
    const gone = once(first.child, 'exit');
    first.child.stdin.end();
    await gone;

    expect(readdirSync(dataDir)).toEqual([]);
    expect((await starter(dataDir)).says).toBe('locked');
  });

  it('P6 lets the next process in after kill -9', async () => {
    const dataDir = freshFolder();
    const first = await starter(dataDir);
    await killed(first.child);

    expect(readdirSync(dataDir)).toEqual(['rollcall.lock']);
    expect((await starter(dataDir)).says).toBe('locked');
  });

  it('P6 lets exactly one of several processes in that find the lock of a dead one at once', async () => {
    const rounds = 3;
    const root = freshFolder();
    const dead = JSON.stringify({ pid: 999_999_999, host: hostname(), startedAt: '1' });
    const dataDirs = Array.from({ length: rounds }, (_, round) => join(root, `round-${round}`));
    for (const dataDir of dataDirs) {
      mkdirSync(dataDir, { recursive: true });
      writeFileSync(join(dataDir, 'rollcall.lock'), dead);
    }
    const racers = ['25', '50', '75'].map((delayMs) =>
      spawn(process.execPath, [racer, delayMs, ...dataDirs], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    children.push(...racers);
    const outputs = racers.map(({ stdout }) => lines(stdout));
    const winners: number[] = [];
    for (const dataDir of dataDirs) {
      await Promise.all(outputs.map((output) => output.next()));
      writeFileSync(`${dataDir}.go`, '');
      const said = await Promise.all(outputs.map((output) => output.next()));
      winners.push(said.filter(({ value }) => value === 'locked').length);
    }

    expect(winners).toEqual(Array<number>(rounds).fill(1));
  });

  it('opens the gate again that a process killed in the middle of taking over left closed', () => {
    const dataDir = freshFolder();
    DataFolderLock.acquire(dataDir);
    const dead = JSON.stringify({ pid: 999_999_999, host: hostname(), startedAt: '1' });
    writeFileSync(join(dataDir, 'rollcall.lock'), dead);
    writeFileSync(join(dataDir, 'rollcall.lock.takeover'), dead);

    expect(() => DataFolderLock.acquire(dataDir)).toThrow('is being opened by another process');
    expect(() => DataFolderLock.acquire(dataDir)).not.toThrow();
    expect(readdirSync(dataDir)).toEqual(['rollcall.lock']);
  });

  it('is not fooled by a new process that got the number of the killed one', () => {
    const dataDir = freshFolder();
    DataFolderLock.acquire(dataDir);
    const file = join(dataDir, 'rollcall.lock');
    const holder = JSON.parse(readFileSync(file, 'utf8')) as { startedAt: string | null };
    // The parent lives, but it was not it that wrote this.
    writeFileSync(file, JSON.stringify({ ...holder, pid: process.ppid, startedAt: '1' }));

    const lock = DataFolderLock.acquire(dataDir);

    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ pid: process.pid, host: hostname() });
    lock.release();
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('does not take a folder from a machine of which it knows nothing', () => {
    const dataDir = freshFolder();
    DataFolderLock.acquire(dataDir);
    writeFileSync(
      join(dataDir, 'rollcall.lock'),
      JSON.stringify({ pid: 999_999_999, host: 'elsewhere', startedAt: '1' }),
    );

    expect(() => DataFolderLock.acquire(dataDir)).toThrow('is in use by process 999999999');
  });

  it.each(['', '{', '{"pid":'])('takes over a lock file that was torn: %j', (content) => {
    const dataDir = freshFolder();
    DataFolderLock.acquire(dataDir);
    writeFileSync(join(dataDir, 'rollcall.lock'), content);

    expect(() => DataFolderLock.acquire(dataDir)).not.toThrow();
    expect(readdirSync(dataDir)).toEqual(['rollcall.lock']);
  });
});
