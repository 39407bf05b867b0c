import { Counter, type Registry } from 'prom-client';

interface Count {
  times: number;
}

/**
 * Counts by two words what happens with every request: two look-ups, nothing made. A counter of prom-client would hash its
 * labels each time, which costs twenty times as much; here they are copied into one when somebody looks.
 */
export class Tally {
  private readonly rows = new Map<string, Map<string, Count>>();

  constructor(
    registry: Registry,
    name: string,
    help: string,
    private readonly labels: readonly [string, string],
  ) {
    const copy = (): void => this.copyInto(counter);
    const counter: Counter = new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [registry],
      collect: copy,
    });
  }

  inc(first: string, second: string): void {
    const count = this.rows.get(first)?.get(second);
    if (count) count.times += 1;
    else this.begin(first, second);
  }

  /** Everything that was counted since the process began. */
  read(): (readonly [first: string, second: string, times: number])[] {
    return [...this.rows].flatMap(([first, row]) =>
      [...row].map(([second, { times }]) => [first, second, times] as const),
    );
  }

  private begin(first: string, second: string): void {
    const row = this.rows.get(first) ?? new Map<string, Count>();
    row.set(second, { times: 1 });
    this.rows.set(first, row);
  }

  private copyInto(counter: Counter): void {
    const [firstLabel, secondLabel] = this.labels;
    counter.reset();
    for (const [first, second, times] of this.read())
      counter.inc({ [firstLabel]: first, [secondLabel]: second }, times);
  }
}
