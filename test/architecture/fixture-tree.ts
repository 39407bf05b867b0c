import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Content by path. */
export type Sources = Readonly<Record<string, string>>;

export interface ToolOutput {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const root = process.cwd();

/** A temporary tree with this repository's layout, dependencies and named files, gone after `use`. */
export function withFixtureTree<T>(
  sources: Sources,
  copied: readonly string[],
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-architecture-'));
  try {
    for (const [file, source] of Object.entries(sources)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), source);
    }
    for (const file of copied) copyFileSync(join(root, file), join(folder, file));
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a script of Node in `folder`, as the gates do. */
export function runTool(folder: string, script: string, args: readonly string[]): ToolOutput {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...args], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return { code: status, stdout, stderr };
}
