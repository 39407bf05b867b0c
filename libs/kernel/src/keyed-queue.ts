import { OverloadedError } from './bulkhead.js';

/**
 * Runs work of the same key one after another, in order of arrival; different keys do not wait for each other.
 * Put in front of a row lock, it makes a flood on one row wait in memory instead of holding connections that
 * others need (supabase/auth#1202). `maxWaiting` bounds the line per key; whoever comes on top is refused at once with
 * OverloadedError.
 */
export class KeyedQueue {
  private readonly tails = new Map<string, { last: Promise<unknown>; waiting: number }>();

  constructor(private readonly maxWaiting: number) {}

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const tail = this.tails.get(key) ?? { last: Promise.resolve(), waiting: 0 };
    if (tail.waiting >= this.maxWaiting) throw new OverloadedError();
    tail.waiting += 1;
    const turn = tail.last.then(work, work);
    tail.last = turn;
    this.tails.set(key, tail);
    try {
      return await turn;
    } finally {
      tail.waiting -= 1;
      if (tail.waiting === 0) this.tails.delete(key);
    }
  }
}
