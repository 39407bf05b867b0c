import { setTimeout as delay } from 'node:timers/promises';
import { Bulkhead, StoreUnavailableError } from '@app/kernel';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { LogPages } from '../domain/log-pages.js';
import { type LogPlace, LogPlaceLostError } from '../domain/log-place.js';
import { LogFollower } from './log-follower.js';
import { TailRun } from './tail-run.js';

/** Those who come back together read one after the other: they must not take the pool from everybody else. */
const reads = { concurrent: 2, waiting: 5_000 };

/** Milliseconds for which polling goes on without followers, since most of them come back at once. */
const lingering = 5_000;

/** Milliseconds for which the first follower waits to hear where the log ends. */
const patience = 1_500;

/**
 * The end of the log as this process sees it, for any number of followers: one statement per poll for all of them
 * together, and none while nobody follows.
 */
@Injectable()
export class LogTail implements OnApplicationShutdown {
  private run: TailRun | null = null;
  private followers = 0;
  private readonly reads = new Bulkhead(reads);
  private readonly over = new AbortController();

  constructor(private readonly pages: LogPages) {}

  /**
   * From a place on, or from now. To be closed. Rejects with StoreUnavailableError, and with LogPlaceLostError, which
   * may also come later.
   */
  async follow(from: LogPlace | 'now'): Promise<LogFollower> {
    const run = this.join();
    try {
      const place = await this.firstPlace(run);
      if (from !== 'now' && from.database !== place.database) throw new LogPlaceLostError();
      return new LogFollower(
        from === 'now' ? place : from,
        run,
        (...page) => this.reads.run(() => this.pages.page(...page)),
        () => this.leave(run),
      );
    } catch (error) {
      this.leave(run);
      throw error;
    }
  }

  async onApplicationShutdown(): Promise<void> {
    this.over.abort();
    await this.run?.end();
  }

  private join(): TailRun {
    if (!this.run || this.run.isLost) {
      void this.run?.end();
      this.run = new TailRun(this.pages.openLink());
      this.followers = 0;
      this.run.start();
    }
    this.followers += 1;
    return this.run;
  }

  private leave(run: TailRun): void {
    if (run !== this.run) return;
    this.followers -= 1;
    if (this.followers > 0) return;
    delay(lingering, undefined, { signal: this.over.signal, ref: false }).then(
      () => this.rest(run),
      () => undefined, // The process ends.
    );
  }

  private rest(run: TailRun): void {
    if (run !== this.run || this.followers > 0) return;
    this.run = null;
    void run.end();
  }

  private async firstPlace(run: TailRun): Promise<LogPlace> {
    if (run.place) return run.place;
    await new Promise<void>((resolve) => {
      const forget = run.onChange(() => done());
      const timer = setTimeout(() => done(), patience);
      const done = (): void => {
        clearTimeout(timer);
        forget();
        resolve();
      };
    });
    if (!run.place) throw new StoreUnavailableError('postgres');
    return run.place;
  }
}
