import type { Impairment } from './recorder.js';

/** What two faults must not break at the same time, because the repair of one would undo the other. */
export type Resource = 'redis' | 'postgres' | `${'redis' | 'postgres' | 'instance'}:${number}`;

export interface Fault {
  readonly name: string;
  readonly resource: Resource;
  readonly what: Impairment['what'];
  /** Instances that notice. */
  readonly instances: readonly number[];
  inject(): Promise<void>;
  /** Undoes it; for what happens in an instant there is nothing to undo. */
  heal(): Promise<void>;
}
