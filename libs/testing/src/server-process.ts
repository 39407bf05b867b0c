import { type ChildProcess, spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';
import type { Socket } from 'node:net';
import { areGone, areStopped, childrenOf } from './process-table.js';
import type { ServerHome } from './server-home.js';
import { eventually } from './wait-until.js';

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; inherited unless told. */
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
}

/** Characters of output kept; the older half is dropped beyond that. */
const outputLimit = 2 * 1024 * 1024;

/**
 * One run of a server program, from spawn to exit. Its signals reach its children too: PostgreSQL's put
 * themselves into process groups of their own, so a signal to the group would miss them.
 */
export class ServerProcess {
  readonly pid: number;
  /** Settles when the process has ended; never rejects. */
  readonly exited: Promise<Exit>;
  private readonly child: ChildProcess;
  private captured = '';
  private isClosed = false;
  private frozen: number[] = [];

  /** Throws when the program cannot be started at all. */
  constructor(
    private readonly home: ServerHome,
    private readonly launch: Launch,
  ) {
    const { command, args, ...options } = launch;
    this.child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.on('error', (error) => this.capture(String(error)));
    if (this.child.pid === undefined) throw new Error(`${command} cannot be started`);
    this.pid = this.child.pid;
    home.watch(this.pid);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => this.capture(text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => this.capture(text));
    this.child.once('close', () => (this.isClosed = true));
    this.exited = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => {
        home.forget(this.pid);
        resolve({ code, signal });
      });
    });
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Standard output and error so far, in order of arrival; the last 1 to 2 million characters. */
  get output(): string {
    return this.captured;
  }

  /**
   * Waits for the sign that the server serves. Rejects with the output when it exits first, and when the sign
   * does not appear within the timeout (the process is then killed).
   */
  async ready(sign: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
    const { command } = this.launch;
    try {
      // Closed rather than exited: only then the last words have been read.
      await eventually(async () => this.isClosed || (await sign()), {
        timeoutMs,
        describe: `${command} ready`,
      });
    } catch (error) {
      await this.kill9();
      throw new Error(`${command} did not become ready in ${timeoutMs} ms:\n${this.output}`, {
        cause: error,
      });
    }
    if (this.isClosed) throw new Error(`${command} exited before it was ready:\n${this.output}`);
    this.letProcessEnd();
  }

  /** Sends a signal to the main process alone; to one that has ended it does nothing. */
  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  /** Ends the process and its children at once, stopped ones too; resolves when none is left. */
  async kill9(): Promise<Exit> {
    if (this.isRunning) {
      // Stopped first, so that no child is born between the count and the killing.
      this.signal('SIGSTOP');
      const family = [...childrenOf(this.pid), ...this.frozen];
      family.forEach((pid) => signalIfAlive(pid, 'SIGKILL'));
      this.signal('SIGKILL');
      await eventually(() => areGone(family), { describe: `the children of ${this.pid} end` });
    }
    this.forgetFrozen();
    return this.waitForExit();
  }

  /** Stops the process and its children where they stand; connections stay open and silent. */
  async freeze(): Promise<void> {
    this.signal('SIGSTOP');
    await eventually(() => areStopped([this.pid]), { describe: `${this.pid} stops` });
    this.frozen = childrenOf(this.pid);
    for (const pid of this.frozen) {
      signalIfAlive(pid, 'SIGSTOP');
      // A stopped child does not notice the death of its parent, by which the others end.
      this.home.watch(pid);
    }
    await eventually(() => areStopped(this.frozen), { describe: `the children of ${this.pid} stop` });
  }

  thaw(): void {
    this.frozen.forEach((pid) => signalIfAlive(pid, 'SIGCONT'));
    this.forgetFrozen();
    this.signal('SIGCONT');
  }

  /** Asks the process to end and waits; after `patienceMs` it is killed. `ms` is how long it took. */
  async end(name: NodeJS.Signals, patienceMs: number): Promise<Exit & { readonly ms: number }> {
    const asked = performance.now();
    this.thaw();
    this.signal(name);
    await eventually(() => !this.isRunning, { timeoutMs: patienceMs, describe: 'an end' }).catch(() =>
      this.kill9(),
    );
    return { ...(await this.waitForExit()), ms: performance.now() - asked };
  }

  private forgetFrozen(): void {
    this.frozen.forEach((pid) => this.home.forget(pid));
    this.frozen = [];
  }

  private waitForExit(): Promise<Exit> {
    this.child.ref();
    return this.exited;
  }

  /** A server that a test forgot must not keep the test process alive, or nothing would ever end it. */
  private letProcessEnd(): void {
    this.child.unref();
    (this.child.stdout as Socket | null)?.unref();
    (this.child.stderr as Socket | null)?.unref();
  }

  private capture(text: string): void {
    this.captured += text;
    if (this.captured.length > outputLimit) this.captured = this.captured.slice(-outputLimit / 2);
  }
}

function signalIfAlive(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
