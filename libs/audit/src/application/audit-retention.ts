import type { CleanupConfig } from '@app/config';
import { EventLog } from '@app/event-log';
import { Clock, purgeInTurns, Rounds, UnitOfWork } from '@app/kernel';
import { JobRuns, Log } from '@app/telemetry';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { auditRetentionToken } from '../audit.config.js';
import { AuditStore } from '../domain/audit-store.js';
import { isGenuine, Seal, signed } from '../domain/chain.js';

const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

/** Before the first run, so that processes that are restarted often do it, too. */
const firstDelayMs = 60 * secondMs;

/**
 * Removes records that are older than they are kept, from the old end, and signs where the chain begins then. Instances
 * take turns by a lock in Postgres, batch by batch.
 */
@Injectable()
export class AuditRetention implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds: Rounds;
  private stopped = false;

  constructor(
    private readonly store: AuditStore,
    private readonly seal: Seal,
    private readonly events: EventLog,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly runs: JobRuns,
    @Inject(auditRetentionToken)
    private readonly config: Pick<CleanupConfig, 'intervalSeconds' | 'auditDays'>,
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

  /** Removes all there is, unless another instance is at it; that it did is an event. Rejects with StoreUnavailableError. */
  async run(): Promise<number> {
    const at = this.clock.now();
    const before = new Date(at.getTime() - this.config.auditDays * dayMs);
    const turns = { work: this.work, job: 'audit-retention', isStopped: () => this.stopped };
    const records = await purgeInTurns(turns, (limit) => this.purge(before, limit));
    if (records > 0)
      await this.events.append([
        { type: 'audit.purged', userId: null, payload: { records, before: before.toISOString() }, at },
      ]);
    return records;
  }

  /** A chain whose state was not signed here is evidence, and nothing of it is removed. */
  private async purge(before: Date, limit: number): Promise<number> {
    const state = await this.store.lock();
    if (!state || !isGenuine(state, this.seal)) return 0;
    const oldest = await this.store.oldest(limit);
    const young = oldest.findIndex(({ at }) => at >= before);
    const old = young < 0 ? oldest : oldest.slice(0, young);
    const last = old.at(-1);
    if (!last) return 0;
    const shorter = { ...state, purged: last.seq, anchor: last.hash, purgedBefore: before };
    await this.store.shorten(signed(shorter, this.seal));
    return old.length;
  }

  private async runAndReport(): Promise<void> {
    try {
      const records = await this.run();
      this.runs.note('audit_retention', true);
      if (records > 0) this.log.info('audit.purged', { records });
    } catch (error) {
      this.runs.note('audit_retention', false);
      this.log.warn('audit.purge_failed', { reason: (error as Error).message });
    }
  }
}
