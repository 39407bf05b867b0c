/** How many instances share the traffic; while each limits alone, each gets its part of the quota. */
export abstract class FleetSize {
  /** At least 1. */
  abstract readonly instances: number;
}
