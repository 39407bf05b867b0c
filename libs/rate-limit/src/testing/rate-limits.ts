import { type DomainEvent, EventLog, type LogPosition } from '@app/event-log';
import { type Clock, ServerSecret } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { RateLimits } from '../application/rate-limits.js';
import { SubjectDigests } from '../application/subject-digests.js';
import { ViolationSample } from '../application/violation-sample.js';
import { FleetSize } from '../domain/fleet-size.js';
import { SharedLimiterStore } from '../domain/limiter-store.js';
import { MemoryLimiterStore } from '../infrastructure/memory/memory-limiter-store.js';

/** Keeps what is appended; fails while told to. */
export class MemoryEvents extends EventLog {
  readonly events: DomainEvent[] = [];
  isAway = false;

  async append(events: readonly DomainEvent[]): Promise<void> {
    if (this.isAway) throw new Error('away');
    this.events.push(...events);
  }

  async transaction(): Promise<LogPosition> {
    return 0;
  }
}

/** A shared store as a process sees it whose network fails. */
export class FlakyStore extends SharedLimiterStore {
  isUsable = true;
  calls = 0;
  failure: Error | null = null;

  constructor(private readonly inner: MemoryLimiterStore) {
    super();
  }

  consume: SharedLimiterStore['consume'] = (claims) => this.asked(() => this.inner.consume(claims));
  check: SharedLimiterStore['check'] = (claims) => this.asked(() => this.inner.check(claims));
  penalise: SharedLimiterStore['penalise'] = (claim) => this.asked(() => this.inner.penalise(claim));
  reward: SharedLimiterStore['reward'] = (claim) => this.asked(() => this.inner.reward(claim));
  reset: SharedLimiterStore['reset'] = (of) => this.asked(() => this.inner.reset(of));

  private async asked<T>(answer: () => Promise<T>): Promise<T> {
    this.calls += 1;
    if (this.failure) throw this.failure;
    return answer();
  }
}

/** One instance of a fleet of the given size. */
export function anInstance(shared: SharedLimiterStore, clock: Clock, instances = 1) {
  class Fleet extends FleetSize {
    readonly instances = instances;
  }
  const events = new MemoryEvents();
  const metrics = new Metrics();
  const limits = new RateLimits(
    shared,
    new MemoryLimiterStore(clock),
    new Fleet(),
    new SubjectDigests(new ServerSecret(Buffer.alloc(32, 1))),
    new ViolationSample(events, clock),
    metrics,
    clock,
  );
  return { limits, events, metrics };
}
