import { setTimeout as pause } from 'node:timers/promises';
import { type Device, inWords, millisecondsOf, type Reply } from './client.js';
import type { Member } from './fleet.js';

const callers = 6;
/** With six callers, some 300 requests a second on an idle machine. */
const pauseMs = 15;

export interface LoadReport {
  readonly total: number;
  /** Answers to valid sessions other than 200; must be empty. */
  readonly refusals: readonly string[];
  /** Answers to revoked sessions other than 401; must be empty. */
  readonly acceptances: readonly string[];
  /** Values of X-Authority-Mode among the 200s; `normal` when absent. */
  readonly modes: readonly string[];
  /** Milliseconds of the valid sessions' requests. */
  readonly p99: number;
  readonly slowest: number;
}

/** Asks about valid and revoked sessions at all instances, a few hundred times a second, until stopped. */
export class Load {
  private readonly answers: { reply: Reply | Error; isValid: boolean }[] = [];
  private readonly running: Promise<void>[];
  private isStopped = false;

  constructor(
    private readonly members: readonly Member[],
    private readonly of: { readonly valid: readonly Device[]; readonly revoked: readonly Device[] },
  ) {
    this.running = Array.from({ length: callers }, (_, index) => this.call(index));
  }

  async stop(): Promise<LoadReport> {
    this.isStopped = true;
    await Promise.all(this.running);
    const wordsOf = (isValid: boolean): string[] =>
      this.answers
        .filter((answer) => answer.isValid === isValid)
        .map(({ reply }) => (reply instanceof Error ? reply.message : inWords(reply)));
    const times = this.answers
      .flatMap(({ reply, isValid }) => (isValid && !(reply instanceof Error) ? [millisecondsOf(reply)] : []))
      .toSorted((left, right) => left - right);
    return {
      total: this.answers.length,
      refusals: wordsOf(true).filter((words) => !words.startsWith('200')),
      acceptances: wordsOf(false).filter((words) => !words.startsWith('401')),
      modes: [
        ...new Set(
          wordsOf(true)
            .filter((words) => words.startsWith('200'))
            .map((words) => words.slice(4) || 'normal'),
        ),
      ].toSorted(),
      p99: times[Math.floor(times.length * 0.99)] ?? 0,
      slowest: times.at(-1) ?? 0,
    };
  }

  private async call(caller: number): Promise<void> {
    for (let turn = caller; !this.isStopped; turn += 1) {
      const { api } = this.members[turn % this.members.length]!;
      const isValid = turn % 5 !== 4;
      const devices = isValid ? this.of.valid : this.of.revoked;
      const device = devices[turn % devices.length];
      if (device) {
        const reply = await api.check(device.token).catch((error: Error) => error);
        this.answers.push({ reply, isValid });
      }
      await pause(pauseMs);
    }
  }
}
