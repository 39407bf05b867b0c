import { EventLog } from '@app/event-log';
import { Clock, type UserId } from '@app/kernel';
import { Injectable } from '@nestjs/common';

/** Milliseconds, and events of one instance within them. */
const intervalMs = 60_000;
const maxPerInterval = 10;

/** Who went too far; an address for what is counted by address. */
export interface Offender {
  readonly userId: UserId | null;
  readonly address: string;
}

/**
 * Writes some violations to the event log: the first of each subject and minute, ten a minute at most. The log is
 * read by people and webhooks, and a flood must not become a flood of rows.
 */
@Injectable()
export class ViolationSample {
  private startedAt = Number.NEGATIVE_INFINITY;
  private readonly written = new Set<string>();

  constructor(
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {}

  /** Never waits and never fails: a request must not pay for its own record. */
  note(policy: string, subject: string, { userId, address }: Offender): void {
    const now = this.clock.monotonicMs();
    if (now - this.startedAt >= intervalMs) {
      this.startedAt = now;
      this.written.clear();
    }
    const name = `${policy}:${subject}`;
    if (this.written.has(name) || this.written.size >= maxPerInterval) return;
    this.written.add(name);
    const payload = { policy, address };
    this.events
      .append([{ type: 'rate_limit.exceeded', userId, payload, at: this.clock.now() }])
      .catch(() => undefined); // Without Postgres the sample is lost; the metric is not.
  }
}
