import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Another live process uses the data folder; the message is one line for the operator. */
export class DataFolderLockedError extends Error {}

interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Start of the process in clock ticks since boot, where the system tells; a reused pid has another one. */
  readonly startedAt: string | null;
}

/**
 * Keeps a second process off an embedded database, which would silently let both diverge. The lock dies with
 * its process: after kill -9 the next start sees that nobody with that pid and start time is alive.
 */
export class DataFolderLock {
  private constructor(private readonly file: string) {}

  static acquire(dataDir: string): DataFolderLock {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = join(dataDir, 'rollcall.lock');
    const draft = `${file}.${process.pid}`;
    const self: Holder = { pid: process.pid, host: hostname(), startedAt: processStart(process.pid) };
    writeFileSync(draft, JSON.stringify(self));
    try {
      claim(draft, file, dataDir);
    } finally {
      rmSync(draft, { force: true });
    }
    return new DataFolderLock(file);
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}

function claim(draft: string, file: string, dataDir: string): void {
  if (linked(draft, file)) return;
  refuseIfAlive(readHolder(file), dataDir);
  const gate = `${file}.takeover`;
  if (!linked(draft, gate)) {
    const rival = readHolder(gate);
    // Killed half-way through; the next start finds the gate open.
    if (rival && !isAlive(rival)) rmSync(gate, { force: true });
    throw openedByAnother(dataDir);
  }
  try {
    takeOver(draft, file, dataDir);
  } finally {
    rmSync(gate, { force: true });
  }
}

/**
 * Puts this process in the place of a dead one. Behind the gate, because a starter that is a moment slower would
 * otherwise replace the lock that a faster one has just put there, and both would go on.
 */
function takeOver(draft: string, file: string, dataDir: string): void {
  if (existsSync(file)) {
    refuseIfAlive(readHolder(file), dataDir);
    renameSync(draft, file);
  } else if (!linked(draft, file)) {
    throw openedByAnother(dataDir);
  }
}

/** link(2) is atomic and fails if the name exists, so of several starters exactly one wins. */
function linked(draft: string, name: string): boolean {
  try {
    linkSync(draft, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function refuseIfAlive(holder: Holder | null, dataDir: string): void {
  if (!holder || !isAlive(holder)) return;
  // Of another machine nothing can be seen, e.g. of a container that was made anew on the same volume.
  const advice =
    holder.host === hostname()
      ? 'Stop it, or set DATA_DIR to another folder.'
      : `If nothing runs on ${holder.host} any more, remove rollcall.lock there.`;
  throw new DataFolderLockedError(`The data folder ${dataDir} is in use by process ${holder.pid}. ${advice}`);
}

function openedByAnother(dataDir: string): DataFolderLockedError {
  return new DataFolderLockedError(`The data folder ${dataDir} is being opened by another process.`);
}

function readHolder(file: string): Holder | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    // Gone meanwhile or torn by a full disk: nobody can be shown to hold it.
    return null;
  }
}

function isAlive(holder: Holder): boolean {
  // Of a process on another machine (a shared folder) nothing can be known, so it counts as alive.
  if (holder.host !== hostname()) return true;
  if (holder.pid === process.pid) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return holder.startedAt === null || processStart(holder.pid) === holder.startedAt;
}

/** Field 22 of /proc/<pid>/stat; null where there is no such file (macOS, Windows). */
function processStart(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
