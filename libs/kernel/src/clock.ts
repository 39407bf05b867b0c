/** The only source of time. Wall time decides expiry; `monotonicMs` measures durations and never jumps. */
export abstract class Clock {
  /** Wall time. */
  abstract now(): Date;
  /** Milliseconds since an arbitrary start; unaffected by clock changes. */
  abstract monotonicMs(): number;
}

export class SystemClock extends Clock {
  now(): Date {
    return new Date();
  }

  monotonicMs(): number {
    return performance.now();
  }
}
