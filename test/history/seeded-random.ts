/** A repeatable source of choices (mulberry32). */
export class SeededRandom {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** In [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** In [from, to). */
  between(from: number, to: number): number {
    return from + this.next() * (to - from);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    const chosen = from[this.below(from.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  }

  /** The same in another order (Fisher-Yates). */
  shuffled<T>(all: readonly T[]): T[] {
    const order = [...all];
    for (let last = order.length - 1; last > 0; last -= 1) {
      const chosen = this.below(last + 1);
      [order[last], order[chosen]] = [order[chosen]!, order[last]!];
    }
    return order;
  }

  /** An index below `count`; index k is chosen about 1/(k+1) as often as index 0. */
  zipf(count: number): number {
    let total = 0;
    for (let rank = 1; rank <= count; rank += 1) total += 1 / rank;
    let left = this.next() * total;
    for (let rank = 1; rank < count; rank += 1) {
      left -= 1 / rank;
      if (left < 0) return rank - 1;
    }
    return count - 1;
  }
}
