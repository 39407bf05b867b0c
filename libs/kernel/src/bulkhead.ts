import { DomainError } from './errors.js';

/** A costly operation has more callers than it can serve soon. */
export class OverloadedError extends DomainError {
  readonly code = 'OVERLOADED';
  readonly kind = 'unavailable';
  override readonly retryAfterSeconds = 1;

  constructor() {
    super('The service is busy. Try again shortly.');
  }
}

/**
 * Bounds how many costly operations run at once and how many wait; the rest is refused at once with
 * OverloadedError instead of making everybody slow.
 */
export class Bulkhead {
  private running = 0;
  private readonly line: (() => void)[] = [];

  constructor(private readonly limits: { concurrent: number; waiting: number }) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running >= this.limits.concurrent) await this.queue();
    else this.running += 1;
    try {
      return await work();
    } finally {
      const next = this.line.shift();
      // The place passes on directly, so a newcomer cannot overtake the line.
      if (next) next();
      else this.running -= 1;
    }
  }

  private queue(): Promise<void> {
    if (this.line.length >= this.limits.waiting) throw new OverloadedError();
    return new Promise((resolve) => this.line.push(resolve));
  }
}
