import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  /** First letter of the state as `ps` shows it: `T` stopped, `Z` zombie. */
  readonly state: string;
}

/** Direct children of a process that are alive. */
export function childrenOf(pid: number): number[] {
  return processes()
    .filter((row) => row.parent === pid && row.state !== 'Z')
    .map((row) => row.pid);
}

/** A zombie counts as gone: it holds no file, lock or socket any more, and only its parent can remove it. */
export function areGone(pids: readonly number[]): boolean {
  return !processes().some((row) => pids.includes(row.pid) && row.state !== 'Z');
}

/** Whether none of the processes can run an instruction: stopped or gone. */
export function areStopped(pids: readonly number[]): boolean {
  return !processes().some((row) => pids.includes(row.pid) && row.state !== 'Z' && row.state !== 'T');
}

function processes(): ProcessRow[] {
  return process.platform === 'linux' ? fromProc() : fromPs();
}

/** Read directly, since small container images come without `ps`. */
function fromProc(): ProcessRow[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = contentOf(`/proc/${name}/stat`);
    // "pid (name) state parent …", and the name may contain blanks and brackets.
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state && parent ? [{ pid: Number(name), parent: Number(parent), state }] : [];
  });
}

/** Empty when the process ended between being listed and being read. */
function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function fromPs(): ProcessRow[] {
  const listing = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,state='], { encoding: 'utf8' });
  return listing.stdout.split('\n').flatMap((line) => {
    const [pid, parent, state] = line.trim().split(/\s+/);
    return pid && parent && state
      ? [{ pid: Number(pid), parent: Number(parent), state: state.charAt(0) }]
      : [];
  });
}
