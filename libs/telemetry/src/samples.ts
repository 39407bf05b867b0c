import { Gauge, type Registry } from 'prom-client';

export interface Sampling {
  readonly name: string;
  readonly help: string;
  /** Of the name that each value has, if there are several. */
  readonly label?: string;
  /** Between two readings, however often somebody looks. */
  readonly everyMs: number;
  /** Values by name; a single one is called ''. */
  readonly read: () => Promise<ReadonlyMap<string, number>>;
}

/**
 * What a store has to be asked for. While it does not answer there is no value: an old one would look like a good one.
 * Readers that come together share a reading.
 */
export function showSamples(
  registry: Registry,
  { name, help, label, everyMs, read }: Sampling,
  now: () => number,
): void {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<ReadonlyMap<string, number>> = Promise.resolve(new Map());
  const collect = async (): Promise<void> => {
    if (now() - readAt >= everyMs) {
      readAt = now();
      reading = read().catch(() => new Map<string, number>());
    }
    const values = await reading;
    gauge.reset();
    // Without labels a reset gauge is 0, which is not the same as unknown.
    if (!label) gauge.remove({});
    for (const [key, value] of values) gauge.set(label ? { [label]: key } : {}, value);
  };
  const gauge: Gauge = new Gauge({
    name,
    help,
    labelNames: label ? [label] : [],
    registers: [registry],
    collect,
  });
}
