import { Clock } from '@app/kernel';
import { type LiveCount, SessionStatistics } from '@app/sessions';
import { Injectable } from '@nestjs/common';

/** Milliseconds for which a count is good at least, and how many times as long as it took to make. */
const freshMs = 2_000;
const restFactor = 20;

/** A count that took longer is made anew while the one before is told. */
const worthWaitingMs = 250;

interface Counted extends LiveCount {
  readonly at: Date;
}

interface Kept {
  readonly counted: Counted;
  readonly tookMs: number;
  readonly until: number;
}

/** How many are signed in now; counted by this process at most one twentieth of the time, however many ask. */
@Injectable()
export class ActiveNow {
  private kept: Kept | null = null;
  private making: Promise<Kept> | null = null;

  constructor(
    private readonly statistics: SessionStatistics,
    private readonly clock: Clock,
  ) {}

  /** Rejects with StoreUnavailableError. */
  async count(): Promise<Counted> {
    const { kept } = this;
    if (kept && kept.until > this.clock.monotonicMs()) return kept.counted;
    this.making ??= this.make().finally(() => (this.making = null));
    const next = this.making;
    if (!kept || kept.tookMs <= worthWaitingMs) return (await next).counted;
    next.catch(() => undefined); // Told as old as it is, until Postgres answers again.
    return kept.counted;
  }

  private async make(): Promise<Kept> {
    const begun = this.clock.monotonicMs();
    const at = this.clock.now();
    const counted = { ...(await this.statistics.countLive(at)), at };
    const ended = this.clock.monotonicMs();
    const tookMs = ended - begun;
    this.kept = { counted, tookMs, until: ended + Math.max(freshMs, tookMs * restFactor) };
    return this.kept;
  }
}
