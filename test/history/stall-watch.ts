import type { Recorder } from './recorder.js';

/** Milliseconds: between two looks, and how late one must be for stores to seem away to an instance. */
const interval = 20;
const late = 200;

/**
 * All links run through this process, so while it stands still every instance finds both stores silent. That is
 * written down as what it is: a fault, though nobody ordered it.
 */
export class StallWatch {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly recorder: Recorder,
    private readonly instances: number,
  ) {}

  start(): void {
    let last = this.recorder.now();
    this.timer = setInterval(() => {
      const now = this.recorder.now();
      if (now - last > late) this.note(last, now);
      last = now;
    }, interval);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private note(start: number, end: number): void {
    const instances = Array.from({ length: this.instances }, (_, index) => index);
    this.recorder.impairments.push({ fault: 'harness stalled', what: 'process', instances, start, end });
  }
}
