import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort } from '@app/testing';
import { own } from './own.js';

export interface Boot {
  readonly code: number | null;
  readonly stdout: string;
  /** Without the last line end, split. */
  readonly complaints: readonly string[];
}

/** The built product, started like `npm start` does; for starts that are not meant to succeed. */
export function spawnApi(env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  return spawnBuilt(['api.js'], env);
}

async function spawnBuilt(
  [program, ...words]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['--enable-source-maps', `dist/bin/${program}`, ...words], {
    env: { PATH, HOME, PORT: String(await freePort()), ...env },
    stdio: 'pipe',
  });
  own(() => child.kill('SIGKILL'));
  return child;
}

/** Resolves when a start has failed, or with code null when it had to be ended after a minute. */
export async function failedBoot(env: Readonly<Record<string, string>>): Promise<Boot> {
  return outcomeOf(await spawnApi(env));
}

/** A command of the operator's program, such as `keys list`, run to its end; `input` is its standard input. */
export async function command(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  input = '',
): Promise<Boot> {
  const child = await spawnBuilt(['rollcall.js', ...words], env);
  child.stdin?.end(input);
  return outcomeOf(child);
}

async function outcomeOf(child: ChildProcess): Promise<Boot> {
  const patience = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
    return chunks;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(patience);
  return {
    code,
    stdout: Buffer.concat(stdout!).toString(),
    complaints: Buffer.concat(stderr!).toString().trimEnd().split('\n'),
  };
}
