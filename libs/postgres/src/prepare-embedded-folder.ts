import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Creates the embedded cluster in a process of its own. Doing it here would leave the memory of `initdb`
 * (several hundred megabytes) in the process for as long as it lives; a child gives it back. The finished
 * cluster is renamed into place, so a start that was killed half-way leaves nothing that looks complete. Its
 * child may outlive it for a second, so every attempt has a draft of its own.
 */
export async function prepareEmbeddedFolder(folder: string): Promise<void> {
  removeDrafts(folder);
  if (existsSync(folder)) return;
  const draft = mkdtempSync(`${folder}.creating-`);
  const { code, reason } = await createIn(draft);
  if (code !== 0) {
    rmSync(draft, { recursive: true, force: true });
    throw new Error(`The embedded database could not be created in ${folder}: ${reason}.`);
  }
  renameSync(draft, folder);
}

/** What the child prints stays unread: when WebAssembly aborts, that is the engine's whole source text. */
function createIn(draft: string): Promise<{ code: number | null; reason: string }> {
  const program = fileURLToPath(new URL('./create-embedded-cluster.js', import.meta.url));
  const child = fork(program, [draft], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  return new Promise((resolve, reject) => {
    let reason: string | undefined;
    child.once('message', (text: string) => (reason = text));
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve({ code, reason: reason ?? `its process ended with ${signal ?? code}` });
    });
  });
}

/** Of starts that were killed. One that is still being written to is left for the next start. */
function removeDrafts(folder: string): void {
  const drafts = readdirSync(dirname(folder)).filter((name) =>
    name.startsWith(`${basename(folder)}.creating-`),
  );
  for (const draft of drafts) {
    try {
      rmSync(join(dirname(folder), draft), { recursive: true, force: true });
    } catch {
      // Files appeared while it was being emptied.
    }
  }
}
