import { Inject, Injectable } from '@nestjs/common';
import type { Heartbeat, InstanceId } from '../../domain/coherence/instance-registry.js';
import { type InstanceConfig, instanceToken } from '../../sessions.config.js';

interface Namesake {
  readonly beat: number;
  /** Publications seen. */
  readonly signs: number;
}

/** Of a process that has just died, one last publication may still be on its way. */
const signsOfLife = 2;

/**
 * Tells another running instance with our name from the row that our dead predecessor has left. Two of one name
 * would take each other's silence for a restart, and a revocation would no longer wait for the silent one.
 */
@Injectable()
export class NamesakeWatch {
  private namesakes = new Map<InstanceId, Namesake>();
  private readonly predecessors = new Set<InstanceId>();

  constructor(@Inject(instanceToken) private readonly self: InstanceConfig) {}

  /** Takes the complete list. */
  observe(all: readonly Heartbeat[]): void {
    const own = all.filter(({ id, name }) => name === this.self.name && id !== this.self.id);
    this.namesakes = new Map(own.map((one) => [one.id, this.namesake(one)]));
  }

  get hasAny(): boolean {
    return this.namesakes.size > 0;
  }

  /** Somebody else who is alive has the name. */
  get isTaken(): boolean {
    return [...this.namesakes.values()].some(({ signs }) => signs > 0);
  }

  /** From now on the name is ours: whoever has it and was here before us was replaced by us. */
  claim(): void {
    for (const id of this.namesakes.keys()) this.predecessors.add(id);
  }

  /** Somebody who came after us has it: we are the one who was replaced. */
  get isReplaced(): boolean {
    return [...this.namesakes].some(([id, { signs }]) => signs >= signsOfLife && !this.predecessors.has(id));
  }

  private namesake({ id, beat }: Heartbeat): Namesake {
    const known = this.namesakes.get(id);
    if (!known) return { beat, signs: 0 };
    return known.beat === beat ? known : { beat, signs: known.signs + 1 };
  }
}
