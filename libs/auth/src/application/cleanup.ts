import type { CleanupConfig } from '@app/config';
import { LogPurge } from '@app/event-log';
import { Clock, purgeInTurns, Rounds, UnitOfWork } from '@app/kernel';
import { SessionPurge } from '@app/sessions';
import { JobRuns, Log } from '@app/telemetry';
import { RevokedTokenRepository } from '@app/tokens';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { cleanupConfigToken } from '../auth.config.js';

const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

/** Before the first run, so that processes that are restarted often clean up, too. */
const firstDelayMs = 60 * secondMs;

/** A blacklisted token is remembered a little longer than it lives, for clocks that differ. */
const leewayMs = 60 * secondMs;

export interface CleanedUp {
  readonly revokedTokens: number;
  readonly sessions: number;
  readonly shares: number;
  readonly bulkEnds: number;
  readonly events: number;
}

/**
 * Removes what nobody can ask for any more: blacklisted tokens that are dead by themselves; sessions whose absolute end
 * lies further back than the history that is kept, with shares and orders to end many; events that are old enough and
 * read by every reader of the log. Instances take turns by a lock in Postgres, batch by batch.
 */
@Injectable()
export class Cleanup implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds: Rounds;
  private stopped = false;

  constructor(
    private readonly tokens: RevokedTokenRepository,
    private readonly purge: SessionPurge,
    private readonly events: LogPurge,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly runs: JobRuns,
    @Inject(cleanupConfigToken) private readonly config: CleanupConfig,
  ) {
    this.rounds = new Rounds(() => this.runAndReport(), config.intervalSeconds * secondMs);
  }

  onModuleInit(): void {
    this.rounds.start(Math.min(firstDelayMs, this.config.intervalSeconds * secondMs));
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    await this.rounds.stop();
  }

  /** Removes all there is, unless another instance is at it. Rejects with StoreUnavailableError. */
  async run(): Promise<CleanedUp> {
    const { historyDays, eventDays } = this.config;
    const now = this.clock.now().getTime();
    const deadBefore = new Date(now - leewayMs);
    const forgottenBefore = new Date(now - historyDays * dayMs);
    const readBefore = new Date(now - eventDays * dayMs);
    return {
      revokedTokens: await this.inBatches((limit) => this.tokens.purge(deadBefore, limit)),
      sessions: await this.inBatches((limit) => this.purge.sessions(forgottenBefore, limit)),
      shares: await this.inBatches((limit) => this.purge.shares(forgottenBefore, limit)),
      bulkEnds: await this.inBatches((limit) => this.purge.bulkEnds(forgottenBefore, limit)),
      events: await this.inBatches((limit) => this.events.purge(readBefore, limit)),
    };
  }

  private inBatches(purge: (limit: number) => Promise<number>): Promise<number> {
    return purgeInTurns({ work: this.work, job: 'cleanup', isStopped: () => this.stopped }, purge);
  }

  private async runAndReport(): Promise<void> {
    try {
      const { revokedTokens, bulkEnds, ...others } = await this.run();
      const counts = { revoked_tokens: revokedTokens, bulk_ends: bulkEnds, ...others };
      this.runs.note('cleanup', true);
      if (Object.values(counts).some((count) => count > 0)) this.log.info('cleanup.removed', counts);
      await this.tellWhoHoldsTheLog();
    } catch (error) {
      this.runs.note('cleanup', false);
      this.log.warn('cleanup.failed', { reason: (error as Error).message });
    }
  }

  /** A reader that is not run any more would keep the log for ever. */
  private async tellWhoHoldsTheLog(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - this.config.eventDays * dayMs);
    const readers = await this.events.heldBy(before);
    if (readers.length > 0) this.log.warn('cleanup.log_held', { readers });
  }
}
