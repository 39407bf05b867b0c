import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Everything one test process starts: a scratch folder, and a helper that outlives the process by a second to
 * end what is left. One helper serves all homes that are open at the same time.
 */
class Household {
  readonly folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
  private readonly reaper: Socket;
  private residents = 0;

  constructor() {
    // PostgreSQL under root runs as another user, who must be able to reach its folder.
    chmodSync(this.folder, 0o755);
    // Detached: Ctrl-C goes to the whole process group, and the reaper must survive it.
    const child = spawn('sh', [join(import.meta.dirname, 'reaper.sh'), this.folder], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.unref();
    this.reaper = child.stdin as Socket;
    this.reaper.unref();
    this.reaper.on('error', () => undefined); // Somebody killed it; the test can do without.
  }

  tell(verb: 'watch' | 'forget', pid: number): void {
    this.reaper.write(`${verb} ${pid}\n`);
  }

  moveIn(): void {
    this.residents += 1;
  }

  /** True when nobody is left and the helper was sent home. */
  moveOut(): boolean {
    this.residents -= 1;
    if (this.residents > 0) return false;
    this.reaper.end();
    return true;
  }
}

let household: Household | null = null;

/**
 * Where one server of a test lives: its folder, and the list of its processes that are ended, and the folder
 * removed, when the test process dies in whatever way without having released it.
 */
export class ServerHome {
  /** Below the system's temp folder; short, because a PostgreSQL socket path may have 107 bytes at most. */
  readonly folder: string;
  private readonly household: Household;
  private isOpen = true;

  constructor(kind: string) {
    household ??= new Household();
    this.household = household;
    this.household.moveIn();
    this.folder = mkdtempSync(join(this.household.folder, `${kind}-`));
  }

  watch(pid: number): void {
    if (this.isOpen) this.household.tell('watch', pid);
  }

  /** To be called as soon as the process is known to be gone, because its id may be used again. */
  forget(pid: number): void {
    if (this.isOpen) this.household.tell('forget', pid);
  }

  /** Removes the folder. The processes must have ended; calling it again does nothing. */
  release(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    if (this.household.moveOut() && household === this.household) household = null;
  }
}
