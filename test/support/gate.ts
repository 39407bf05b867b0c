/** Stops whoever waits at it until it is opened; tells how many have arrived. */
export class Gate {
  private arrivals = 0;
  private release: () => void = () => undefined;
  private readonly opened = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  get arrived(): number {
    return this.arrivals;
  }

  wait(): Promise<void> {
    this.arrivals += 1;
    return this.opened;
  }

  open(): void {
    this.release();
  }
}
