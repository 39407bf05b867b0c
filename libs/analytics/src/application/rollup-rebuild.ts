import { setTimeout as delay } from 'node:timers/promises';
import { lagSeconds, LogReaders } from '@app/event-log';
import { Clock, UnitOfWork } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { readerNameOf } from '../domain/reader-name.js';
import { RollupSets } from '../domain/rollup-sets.js';
import { Rollups } from '../domain/rollups.js';

/** Events of one stretch. */
const batch = 2_000;

/** Counts of one statement that clears away. */
const clearing = 2_000;

/** Seconds that the new set may be behind when it is shown: those events come a moment later. */
const nearSeconds = 10;

/** Before trying again what another process is at. */
const pauseMs = 100;

/**
 * Counts the log anew from its beginning, while instances run and count what is new. Any process may carry on what another
 * one has begun: instances do, so a rebuild that was begun ends, whatever becomes of who began it.
 */
@Injectable()
export class RollupRebuild {
  constructor(
    private readonly sets: RollupSets,
    private readonly readers: LogReaders,
    private readonly rollups: Rollups,
    private readonly work: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Begins one, unless that is under way; first clears away what the one before has left. */
  async begin(): Promise<void> {
    while (!(await this.sets.begin())) await this.clear();
  }

  /**
   * Begins one and carries it on until the new numbers are shown. Rejects with StoreUnavailableError; what was counted
   * stays, and another call goes on from there.
   */
  async run(): Promise<void> {
    await this.begin();
    while (await this.step());
    await this.clear();
  }

  /** One stretch of a rebuild that was begun; false if there is none, or none any more. */
  async step(): Promise<boolean> {
    const outcome = await this.advance();
    if (outcome === 'over') return false;
    if (outcome === 'read') return true;
    if ((await this.isNear()) && (await this.sets.show())) return false;
    await delay(pauseMs);
    return true;
  }

  /** `waiting`: nothing is left, or another process is at it. */
  private advance(): Promise<'read' | 'waiting' | 'over'> {
    const following = { reader: readerNameOf.building, batch, begin: 'with the oldest event' } as const;
    return this.work.run(async () => {
      if (!(await this.sets.isBuilding())) return 'over';
      const hasMore = await this.readers.advance(following, (span) => this.rollups.fold(span, 'building'));
      return hasMore ? 'read' : 'waiting';
    });
  }

  /** Until nothing of an older set is left, or `isStopped`. */
  async clear(isStopped: () => boolean = () => false): Promise<void> {
    while (!isStopped() && (await this.sets.clear(clearing)) > 0);
  }

  /** False also while another process has not yet begun to read. */
  private async isNear(): Promise<boolean> {
    const status = await this.readers.statusOf(readerNameOf.building);
    return status !== null && lagSeconds(status, this.clock.now()) <= nearSeconds;
  }
}
