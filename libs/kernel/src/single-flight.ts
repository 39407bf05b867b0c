interface Flight<T> {
  readonly result: Promise<T>;
  next: Promise<T> | null;
}

/**
 * Shares one read among callers who ask for the same key, without ever giving a caller an answer that was read
 * before they asked: who arrives while a read is under way waits for the following one. So of any number of
 * callers at most two reads are made, and a revocation acknowledged before a request began is seen by it.
 */
export class SingleFlight<T> {
  private readonly flights = new Map<string, Flight<T>>();

  run(key: string, read: () => Promise<T>): Promise<T> {
    const current = this.flights.get(key);
    if (!current) return this.start(key, read);
    const following = (): Promise<T> => this.start(key, read);
    current.next ??= current.result.then(following, following);
    return current.next;
  }

  private start(key: string, read: () => Promise<T>): Promise<T> {
    // Async, so that a read that throws at once is a failed flight like any other and does not jam the key.
    const begin = async (): Promise<T> => read();
    const flight: Flight<T> = { result: begin(), next: null };
    this.flights.set(key, flight);
    const land = (): void => {
      // With somebody waiting, the following read takes this one's place by itself.
      if (!flight.next) this.flights.delete(key);
    };
    flight.result.then(land, land);
    return flight.result;
  }
}
