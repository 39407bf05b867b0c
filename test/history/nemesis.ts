import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults.js';
import type { Recorder } from './recorder.js';
import type { SeededRandom } from './seeded-random.js';

export interface Blow {
  readonly fault: string;
  readonly resource: string;
  /** Milliseconds since the begin of the run. */
  readonly at: number;
  readonly lasted: number;
}

/** Milliseconds. */
const duration = { from: 200, to: 3_500 };
const rest = { from: 500, to: 4_500 };

/**
 * Two hands that break things independently of each other, each one thing at a time, from one shuffled pack:
 * everything has its turn before anything comes again. The seed decides the order of the pack.
 */
export class Nemesis {
  readonly schedule: Blow[] = [];
  private readonly taken = new Set<string>();
  private pack: (() => Fault)[] = [];
  private rounds = 0;
  private isOver = false;

  constructor(
    private readonly catalogue: readonly (() => Fault)[],
    private readonly recorder: Recorder,
    private readonly random: SeededRandom,
  ) {}

  /** True when everything there is has been broken at least once. */
  get isThrough(): boolean {
    return this.rounds > 1 || (this.rounds === 1 && this.pack.length === 0 && this.taken.size === 0);
  }

  /** Resolves after `stop()`, when everything is whole again. */
  async run(): Promise<void> {
    const began = this.recorder.now();
    await Promise.all([this.hand(began), this.hand(began)]);
  }

  stop(): void {
    this.isOver = true;
  }

  private async hand(began: number): Promise<void> {
    while (!this.isOver) {
      await this.pause(this.random.between(rest.from, rest.to));
      if (this.isOver) return;
      const fault = this.draw();
      if (!fault) continue;
      this.taken.add(fault.resource);
      await this.strike(fault, began);
      this.taken.delete(fault.resource);
    }
  }

  /** The next of the pack; put below the others if the other hand is at the same thing. */
  private draw(): Fault | null {
    if (this.pack.length === 0) {
      this.pack = this.random.shuffled(this.catalogue);
      this.rounds += 1;
    }
    const make = this.pack.shift()!;
    const fault = make();
    if (!this.isTaken(fault)) return fault;
    this.pack.push(make);
    return null;
  }

  private async strike(fault: Fault, began: number): Promise<void> {
    const at = this.recorder.now();
    const repaired = this.recorder.impair({
      fault: fault.name,
      what: fault.what,
      instances: fault.instances,
    });
    // Mostly short: what goes wrong, goes wrong at the edges.
    const lasts = duration.from + this.random.next() ** 2 * (duration.to - duration.from);
    await fault.inject();
    await this.pause(lasts);
    await fault.heal();
    repaired();
    this.schedule.push({
      fault: fault.name,
      resource: fault.resource,
      at: Math.round(at - began),
      lasted: Math.round(this.recorder.now() - at),
    });
  }

  /** A server and the links to it are repaired by the same means. */
  private isTaken({ resource }: Fault): boolean {
    return [...this.taken].some(
      (taken) => taken === resource || taken.startsWith(`${resource}:`) || resource.startsWith(`${taken}:`),
    );
  }

  private async pause(ms: number): Promise<void> {
    const until = this.recorder.now() + ms;
    while (!this.isOver && this.recorder.now() < until) {
      await sleep(Math.min(50, until - this.recorder.now()));
    }
  }
}
