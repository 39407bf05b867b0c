import type { CleanupConfig } from '@app/config';
import { Clock, Rounds, UnitOfWork } from '@app/kernel';
import { SessionPurge } from '@app/sessions';
import { JobRuns, Log } from '@app/telemetry';
import { RevokedTokenRepository } from '@app/tokens';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { cleanupConfigToken } from '../auth.config.js';

/** Rows of one statement, which has to be through within the time limit of all statements. */
const batch = 500;

const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

/** Before the first run, so that processes that are restarted often clean up, too. */
const firstDelayMs = 60 * secondMs;

/** A blacklisted token is remembered a little longer than it lives, for clocks that differ. */
const leewayMs = 60 * secondMs;

export interface CleanedUp {
  readonly revokedTokens: number;
  readonly sessions: number;
}

/**
 * Removes what nobody can ask for any more: blacklisted tokens that are dead by themselves, and sessions whose absolute
 * end lies further back than the history that is kept. Instances take turns by a lock in Postgres, batch by batch; the
 * event log is not touched, since its readers say themselves what they have read.
 */
@Injectable()
export class Cleanup implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds: Rounds;
  private stopped = false;

  constructor(
    private readonly tokens: RevokedTokenRepository,
    private readonly sessions: SessionPurge,
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
    const now = this.clock.now().getTime();
    const deadBefore = new Date(now - leewayMs);
    const forgottenBefore = new Date(now - this.config.historyDays * dayMs);
    return {
      revokedTokens: await this.inBatches(() => this.tokens.purge(deadBefore, batch)),
      sessions: await this.inBatches(() => this.sessions.run(forgottenBefore, batch)),
    };
  }

  private async inBatches(purge: () => Promise<number>): Promise<number> {
    for (let total = 0; ;) {
      const removed = await this.work.run(async () => ((await this.work.claim('cleanup')) ? purge() : 0));
      total += removed;
      if (removed < batch || this.stopped) return total;
    }
  }

  private async runAndReport(): Promise<void> {
    try {
      const { revokedTokens, sessions } = await this.run();
      this.runs.note('cleanup', true);
      if (revokedTokens + sessions > 0)
        this.log.info('cleanup.removed', { revoked_tokens: revokedTokens, sessions });
    } catch (error) {
      this.runs.note('cleanup', false);
      this.log.warn('cleanup.failed', { reason: (error as Error).message });
    }
  }
}
