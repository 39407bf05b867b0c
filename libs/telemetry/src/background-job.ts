import { atMost, Rounds } from '@app/kernel';
import type { BeforeApplicationShutdown, OnModuleDestroy, OnModuleInit } from '@nestjs/common';
import type { JobRuns } from './job-runs.js';
import type { Log } from './log.js';

export interface JobDescription {
  /** As operators see it among the jobs. */
  readonly name: string;
  /** One line when it cannot work, one when it can again: without Postgres every round fails. */
  readonly lines: { readonly interrupted: string; readonly resumed: string };
  /** Milliseconds between the end of a round and the next. */
  readonly intervalMs: number;
  /** Milliseconds before the first round; `intervalMs` unless told. */
  readonly firstDelayMs?: number;
  /** Milliseconds that what is under way has when the process ends. */
  readonly partingMs: number;
}

/**
 * Work that a process does by itself, in rounds, for as long as it lives. When the process ends, all jobs begin to end at
 * once, so that the longest of them is waited for and not their sum, and the drain goes on meanwhile.
 */
export abstract class BackgroundJob implements OnModuleInit, OnModuleDestroy, BeforeApplicationShutdown {
  private readonly rounds: Rounds;
  private isEnding = false;
  private ending: Promise<void> | null = null;
  private wasWorking = true;

  protected constructor(
    private readonly job: JobDescription,
    protected readonly log: Log,
    private readonly runs: JobRuns,
  ) {
    this.rounds = new Rounds(() => this.runOnce(), job.intervalMs);
  }

  /** True from the moment in which the process ends: a round should come to an end, too. */
  protected readonly isStopped = (): boolean => this.isEnding;

  /** Resolves with true if there is more to do at once. May reject; the next round tries again. */
  protected abstract round(): Promise<boolean | void>;

  /** Resolves when nothing is under way any more; called once, in the moment in which the process ends. */
  protected settle(): Promise<void> {
    return this.rounds.stop();
  }

  onModuleInit(): void {
    this.rounds.start(this.job.firstDelayMs ?? this.job.intervalMs);
  }

  onModuleDestroy(): void {
    // Said before anything is told to stop: what asks meanwhile must hear of it.
    this.isEnding = true;
    this.ending = atMost(this.job.partingMs, this.settle());
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.ending;
  }

  private async runOnce(): Promise<boolean> {
    try {
      const hasMore = (await this.round()) ?? false;
      this.report(null);
      return hasMore;
    } catch (error) {
      this.report(error as Error);
      return false;
    }
  }

  private report(error: Error | null): void {
    const { name, lines } = this.job;
    const isWorking = error === null;
    this.runs.note(name, isWorking);
    if (isWorking === this.wasWorking) return;
    this.wasWorking = isWorking;
    if (isWorking) this.log.info(lines.resumed);
    else this.log.warn(lines.interrupted, { reason: error.message });
  }
}
