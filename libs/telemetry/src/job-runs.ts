import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';

export interface JobRun {
  readonly name: string;
  /** When it ended. */
  readonly at: Date;
  readonly hasSucceeded: boolean;
}

/** When each job of this process last ran, for operators. Forgotten with the process. */
@Injectable()
export class JobRuns {
  private readonly runs = new Map<string, JobRun>();

  constructor(private readonly clock: Clock) {}

  note(name: string, hasSucceeded: boolean): void {
    this.runs.set(name, { name, at: this.clock.now(), hasSucceeded });
  }

  /** By name. */
  get last(): JobRun[] {
    return [...this.runs.values()].toSorted((one, other) => one.name.localeCompare(other.name));
  }
}
