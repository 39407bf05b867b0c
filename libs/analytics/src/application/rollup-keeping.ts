import { LogReaders } from '@app/event-log';
import { Injectable } from '@nestjs/common';
import { Rollups } from '../domain/rollups.js';

/** As the position in the log and the metric of its lag are named. */
export const readerName = 'analytics';

/** Events of one stretch, which has to be counted within the time limit of all statements. */
const batch = 2_000;

/** Counts what is new in the event log. */
@Injectable()
export class RollupKeeping {
  constructor(
    private readonly readers: LogReaders,
    private readonly rollups: Rollups,
  ) {}

  /** Until nothing is left, or another process is at it, or `isStopped`. Rejects with StoreUnavailableError. */
  async round(isStopped: () => boolean = () => false): Promise<void> {
    while (!isStopped() && (await this.advance()));
  }

  private advance(): Promise<boolean> {
    const following = { reader: readerName, batch, begin: 'with the oldest event' } as const;
    return this.readers.advance(following, (span) => this.rollups.fold(span, 'shown'));
  }
}
