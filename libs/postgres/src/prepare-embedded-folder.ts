import { fork } from 'node:child_process';
import { existsSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Creates the embedded cluster in a process of its own. Doing it here would leave the memory of `initdb`
 * (several hundred megabytes) in the process for as long as it lives; a child gives it back. The finished
 * cluster is renamed into place, so a start that was killed half-way leaves nothing that looks complete.
 */
export async function prepareEmbeddedFolder(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  const draft = `${folder}.creating`;
  rmSync(draft, { recursive: true, force: true });
  const child = fork(fileURLToPath(new URL('./create-embedded-cluster.js', import.meta.url)), [draft]);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0)
    throw new Error(`The embedded database could not be created in ${folder} (exit code ${code}).`);
  renameSync(draft, folder);
}
