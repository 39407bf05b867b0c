import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const probe = new URL('probe.mjs', import.meta.url).href;
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Milliseconds. */
const startTimeout = 60_000;

/** A program of its own that answers questions; ended with this process. */
export class Child {
  #child;
  #asked = 0;

  /** Its environment is PATH and what is given. `isMeasured`: answers `usage` too. */
  constructor(program, { env = {}, execArgv = [], isMeasured = false } = {}) {
    this.#child = fork(program, {
      cwd: root,
      // Not for the others: a message that comes before they listen would be the probe's alone, and lost.
      execArgv: isMeasured ? ['--import', probe, ...execArgv] : execArgv,
      env: { PATH: process.env.PATH, NODE_ENV: 'production', ...env },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** Resolves with what it answers; rejects if it exits instead. */
  ask(question, details = {}) {
    const child = this.#child;
    const id = (this.#asked += 1);
    return new Promise((resolve, reject) => {
      const onMessage = (message) => {
        if (message.id !== id) return;
        child.off('message', onMessage).off('exit', onExit);
        if (message.error) reject(new Error(message.error));
        else resolve(message.answer);
      };
      const onExit = (code, signal) =>
        reject(new Error(`exited with ${code ?? signal} when asked ${question}`));
      child.on('message', onMessage).once('exit', onExit);
      child.send({ id, ask: question, ...details });
    });
  }

  /** Resolves when somebody listens on the port. */
  async listens(port) {
    const deadline = performance.now() + startTimeout;
    while (!(await accepts(port))) {
      if (this.#child.exitCode !== null) throw new Error(`exited with ${this.#child.exitCode} at its start`);
      if (performance.now() > deadline) throw new Error('does not listen in time');
      await pause(50);
    }
  }

  async kill() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** So that it can still write its profile. */
  async exit() {
    const gone = once(this.#child, 'exit');
    this.#child.disconnect();
    await gone;
  }
}

/** For programs that a Child runs: the other end of `ask`. */
export function answers(question, work) {
  process.on('message', ({ id, ask, ...details }) => {
    if (ask !== question) return;
    Promise.resolve(details)
      .then(work)
      .then(
        (answer) => process.send({ id, answer }),
        (error) => process.send({ id, error: error.stack }),
      );
  });
  process.on('disconnect', () => process.exit());
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const probing = createServer().once('error', reject);
    probing.listen(0, '127.0.0.1', () => {
      const { port } = probing.address();
      probing.close(() => resolve(port));
    });
  });
}
