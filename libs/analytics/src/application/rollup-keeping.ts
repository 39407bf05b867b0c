import { LogReaders } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { readerNameOf } from '../domain/reader-name.js';
import { Rollups } from '../domain/rollups.js';
import { RollupRebuild } from './rollup-rebuild.js';

/** Events of one stretch, which has to be counted within the time limit of all statements. */
const batch = 2_000;

/** Milliseconds between two looks at whether there is a rebuild to carry on. */
const lookEveryMs = 10_000;

/** Counts what is new in the event log, and carries on a rebuild. */
@Injectable()
export class RollupKeeping {
  private lookedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly readers: LogReaders,
    private readonly rollups: Rollups,
    private readonly rebuild: RollupRebuild,
    private readonly clock: Clock,
  ) {}

  /** Until nothing is left, or another process is at it, or `isStopped`. Rejects with StoreUnavailableError. */
  async round(isStopped: () => boolean = () => false): Promise<void> {
    while (!isStopped() && (await this.advance()));
    const now = this.clock.monotonicMs();
    if (now - this.lookedAt < lookEveryMs) return;
    this.lookedAt = now;
    while (!isStopped() && (await this.rebuild.step())) await this.advance();
    await this.rebuild.clear(isStopped);
  }

  private advance(): Promise<boolean> {
    const following = { reader: readerNameOf.shown, batch, begin: 'with the oldest event' } as const;
    return this.readers.advance(following, (span) => this.rollups.fold(span, 'shown'));
  }
}
