import { Clock } from '@app/kernel';

/** Time stands still until told otherwise. Starts at 2026-01-01T00:00:00Z unless told. */
export class FakeClock extends Clock {
  private wallMs: number;
  private sinceStartMs = 0;

  constructor(start: Date = new Date('2026-01-01T00:00:00Z')) {
    super();
    this.wallMs = start.getTime();
  }

  now(): Date {
    return new Date(this.wallMs);
  }

  monotonicMs(): number {
    return this.sinceStartMs;
  }

  /** Lets time pass for both clocks. Negative time throws: use `set` for a wall clock that is put back. */
  advance(ms: number): void {
    if (ms < 0) throw new RangeError(`time cannot pass by ${ms} ms`);
    this.wallMs += ms;
    this.sinceStartMs += ms;
  }

  /** Moves the wall clock only, as an operator or NTP does; the monotonic clock never jumps. */
  set(now: Date): void {
    this.wallMs = now.getTime();
  }
}
