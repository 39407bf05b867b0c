/** Injection token of the SessionsConfig slice. */
export const sessionsConfigToken = Symbol('SessionsConfig');

/** Injection token of InstanceConfig. */
export const instanceToken = Symbol('Instance');

/** This run of this process, as others know it. */
export interface InstanceConfig {
  /** New for each run. */
  readonly id: string;
  /** INSTANCE_ID: the same after a restart, so that the restarted process replaces its old row at once. */
  readonly name: string;
}
