/** A Redis server as it tells about itself. */
export interface RedisReport {
  readonly version: string;
  readonly isPrimary: boolean;
  readonly policy: string;
  /** Of `maxmemory`; 0 without a limit. */
  readonly usedShare: number;
  /** Null where it may not be asked. */
  readonly isPersistent: boolean | null;
  /** Milliseconds by which its clock is ahead of ours. */
  readonly skewMs: number;
  /** Bytes of the replication stream that each replica lacks; infinite for one that is not online. */
  readonly replicaLags: readonly number[];
}

export abstract class RedisExam {
  /** False if there is none. */
  abstract get isConfigured(): boolean;
  /** Every primary of it. Rejects with StoreUnavailableError. */
  abstract report(): Promise<RedisReport[]>;
}
