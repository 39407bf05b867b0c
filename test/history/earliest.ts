export interface Candidate<T> {
  /** What candidates are selected by. */
  readonly key: number;
  /** What the earliest is sought of. */
  readonly value: number;
  /** A session that this one does not concern. */
  readonly spares: string | null;
  readonly of: T;
}

interface Best<T> {
  readonly first: Candidate<T> | null;
  /** The earliest that spares somebody else than `first` does. */
  readonly second: Candidate<T> | null;
}

/** Answers "the smallest value of all candidates with a key of at least x that do not spare s" in O(log n). */
export class Earliest<T> {
  private readonly sorted: readonly Candidate<T>[];
  /** Of each suffix of the sorted candidates. */
  private readonly best: readonly Best<T>[];

  constructor(candidates: readonly Candidate<T>[]) {
    this.sorted = candidates.toSorted((one, other) => one.key - other.key);
    const best: Best<T>[] = [{ first: null, second: null }];
    for (const candidate of this.sorted.toReversed()) best.push(better(best.at(-1)!, candidate));
    this.best = best.toReversed();
  }

  from(key: number, session: string): Candidate<T> | null {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.sorted[middle]!.key < key) low = middle + 1;
      else high = middle;
    }
    const { first, second } = this.best[low]!;
    return first?.spares === session ? second : first;
  }
}

function better<T>({ first, second }: Best<T>, candidate: Candidate<T>): Best<T> {
  if (!first || candidate.value < first.value) {
    return { first: candidate, second: first?.spares === candidate.spares ? second : first };
  }
  if (candidate.spares === first.spares) return { first, second };
  if (!second || candidate.value < second.value) return { first, second: candidate };
  return { first, second };
}
