import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import type { Heartbeat, InstanceId } from '../../domain/coherence/instance-registry.js';

/** Long enough not to flicker with every pause of a process. */
const goneAfterMs = 5_000;

interface Sighting {
  readonly beat: number;
  /** Monotonic time of the first sighting of this beat. */
  readonly since: number;
}

/**
 * How long each instance has been silent, measured on this process's monotonic clock: clocks of different
 * machines are never compared.
 */
@Injectable()
export class HeartbeatObserver {
  private awake = 1;
  private sightings = new Map<InstanceId, Sighting>();
  private latest: readonly Heartbeat[] = [];

  constructor(private readonly clock: Clock) {}

  /** Takes the complete list, so that instances that are gone are forgotten; tells how long each is silent. */
  observe(all: readonly Heartbeat[]): (Heartbeat & { readonly silentMs: number })[] {
    const now = this.clock.monotonicMs();
    this.latest = all;
    this.sightings = new Map(all.map((one) => [one.id, this.sighting(one)]));
    const seen = all.map((one) => ({ ...one, silentMs: now - (this.sightings.get(one.id)?.since ?? now) }));
    this.awake = Math.max(1, seen.filter(({ silentMs }) => silentMs < goneAfterMs).length);
    return seen;
  }

  /** Instances that were not silent when the list was last seen, this one included. */
  get awakeCount(): number {
    return this.awake;
  }

  /** The last complete list. */
  get heartbeats(): readonly Heartbeat[] {
    return this.latest;
  }

  /** Milliseconds for which the beat has certainly not moved. */
  silenceOf(one: Heartbeat): number {
    const sighting = this.sighting(one);
    this.sightings.set(one.id, sighting);
    return this.clock.monotonicMs() - sighting.since;
  }

  private sighting({ id, beat }: Heartbeat): Sighting {
    const known = this.sightings.get(id);
    return known?.beat === beat ? known : { beat, since: this.clock.monotonicMs() };
  }
}
