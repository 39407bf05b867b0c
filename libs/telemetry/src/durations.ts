import type { Metric, Registry } from 'prom-client';

/** Seconds. From a check out of memory to what is given up, two and a half times apart. */
const requestBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Seconds. A command is given up after a tenth of a second. */
const commandBounds = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1];

/** Seconds. A revocation waits 1.2 s for its proof, so what lies beyond was answered as pending. */
const revocationBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 1.2];

/** Times of one kind, sorted into buckets by plain counting: it is done for every request. */
export class Durations {
  private readonly counts: number[];
  private sum = 0;

  constructor(private readonly bounds: readonly number[]) {
    this.counts = Array.from({ length: bounds.length + 1 }, () => 0);
  }

  /** Of commands to a store in memory. */
  static ofCommands(): Durations {
    return new Durations(commandBounds);
  }

  static ofRevocations(): Durations {
    return new Durations(revocationBounds);
  }

  observe(seconds: number): void {
    const { bounds } = this;
    let place = 0;
    while (place < bounds.length && seconds > bounds[place]!) place += 1;
    this.counts[place]! += 1;
    this.sum += seconds;
  }

  /** As the text format wants them: each bucket holds those below it, too. */
  series(name: string, labels: Record<string, string>): Series[] {
    let below = 0;
    const buckets = this.counts.map((count, place) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: String(this.bounds[place] ?? '+Inf') },
      value: (below += count),
    }));
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.sum },
      { metricName: `${name}_count`, labels, value: below },
    ];
  }
}

interface Series {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The times of one route, by the status of the answer. */
export class RouteDurations {
  private readonly byStatus = new Map<number, Durations>();

  constructor(
    private readonly method: string,
    private readonly route: string,
  ) {}

  observe(status: number, seconds: number): void {
    const known = this.byStatus.get(status);
    if (known) known.observe(seconds);
    else this.begin(status).observe(seconds);
  }

  series(name: string): Series[] {
    const { method, route } = this;
    return [...this.byStatus].flatMap(([status, durations]) =>
      durations.series(name, { method, route, status: String(status) }),
    );
  }

  private begin(status: number): Durations {
    const durations = new Durations(requestBounds);
    this.byStatus.set(status, durations);
    return durations;
  }
}

/** A histogram whose buckets are counted elsewhere; prom-client's own can only be given one observation after the other. */
export function showHistogram(registry: Registry, name: string, help: string, read: () => Series[]): void {
  const get = () => Promise.resolve({ name, help, type: 'histogram', aggregator: 'sum', values: read() });
  registry.registerMetric({ name, help, type: 'histogram', aggregator: 'sum', get } as unknown as Metric);
}
