import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '@app/testing';
import { NoReplyError, type Reply } from './http.js';

/** A connection that is refused at once would make the loop spin. */
const pauseAfterFailureMs = 5;

/** One answer as a word: `200`, `503 STORE_UNAVAILABLE`, `ECONNREFUSED`. */
export async function answerOf(reply: Promise<Reply>): Promise<string> {
  try {
    const { status, body } = await reply;
    return body.code === undefined ? String(status) : `${status} ${body.code}`;
  } catch (error) {
    if (error instanceof NoReplyError) return error.code;
    throw error;
  }
}

interface AskingOptions {
  readonly callers?: number;
  /** Milliseconds between the answer and the next request; without a break unless told. */
  readonly pauseMs?: number;
}

const unstopped = new Set<Asking>();

afterEach(() => Promise.all([...unstopped].map((asking) => asking.stop())));

/** Callers that repeat a request until stopped, or until the test ends, and count the answers. */
export class Asking {
  readonly answers = new Map<string, number>();
  private isStopped = false;
  private readonly callers: Promise<void>[];

  constructor(ask: () => Promise<Reply>, { callers = 1, pauseMs = 0 }: AskingOptions = {}) {
    unstopped.add(this);
    this.callers = Array.from({ length: callers }, () => this.repeat(ask, pauseMs));
  }

  /** Every kind of answer so far, sorted. */
  get kinds(): string[] {
    return [...this.answers.keys()].toSorted();
  }

  countOf(answer: string): number {
    return this.answers.get(answer) ?? 0;
  }

  /** Resolves when the answer has been given at least `times`. */
  async until(answer: string, times = 1): Promise<void> {
    await eventually(() => this.countOf(answer) >= times, {
      timeoutMs: 15_000,
      describe: () => `${times} times ${answer}, not only ${JSON.stringify([...this.answers])}`,
    });
  }

  /** Resolves with all kinds of answers when the last one has arrived. */
  async stop(): Promise<string[]> {
    this.isStopped = true;
    unstopped.delete(this);
    await Promise.all(this.callers);
    return this.kinds;
  }

  private async repeat(ask: () => Promise<Reply>, pauseMs: number): Promise<void> {
    while (!this.isStopped) {
      const answer = await answerOf(ask());
      this.answers.set(answer, this.countOf(answer) + 1);
      const isReply = /^\d/.test(answer);
      const ms = isReply ? pauseMs : Math.max(pauseMs, pauseAfterFailureMs);
      if (ms > 0) await pause(ms);
    }
  }
}

/** A fixed sequence of numbers in [0, 1) that looks random (mulberry32), so that a failing run can be repeated. */
export function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
