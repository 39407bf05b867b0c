import type { LogPosition } from '@app/event-log';

/** One run of one process. A restart is a new instance, so an old one can never speak in its name. */
export type InstanceId = string;

/** Which Redis data an instance last saw under a fresh feed. */
export interface RedisIdentity {
  /** `run_id` of the server process. */
  readonly runId: string;
  /** Replication history of its data (`master_replid`): another one once it has copied another server. */
  readonly history: string;
  /** Value of `epoch:{p}` for each partition. */
  readonly epochs: readonly string[];
}

/** Where something was read or written: the server process and the epoch of the partition. */
export interface RedisPlace {
  readonly runId: string;
  /** Null where it was not asked. */
  readonly history: string | null;
  readonly partition: number;
  /** Null after a flush, until an instance with a fresh feed makes a new one. */
  readonly epoch: string | null;
}

/** True if the place lies in the data that was verified, not in a copy, an older file or a flushed one. */
export function isSameData(verified: RedisIdentity | null, place: RedisPlace): boolean {
  if (!verified || place.epoch === null || place.history === null) return false;
  const isSameServer = verified.runId === place.runId && verified.history === place.history;
  return isSameServer && verified.epochs[place.partition] === place.epoch;
}

export interface Heartbeat {
  readonly id: InstanceId;
  /** Operator's name of the machine or slot; a restart keeps it. */
  readonly name: string;
  /** Grows with each publication. */
  readonly beat: number;
}

/** An instance as an operator sees it. */
export interface InstanceReport extends Heartbeat {
  readonly startedAt: Date;
  readonly isFenced: boolean;
  /**
   * Transactions of the server that it has not shown to know to be over, of other databases too; null before it has shown
   * anything.
   */
  readonly transactionsBehind: number | null;
}

/** An instance that has not shown that it knows of a transaction. */
export interface Unaware extends Heartbeat {
  /** Null: it has no cache to serve from. */
  readonly redis: RedisIdentity | null;
}

/** The instances that may answer requests, with how much of the log each has shown to know. */
export abstract class InstanceRegistry {
  /** Enters the instance as knowing nothing yet. Also after having been fenced. */
  abstract register(instance: { id: InstanceId; name: string }): Promise<void>;
  /**
   * Shows that everything in the snapshot is applied, and returns everybody's heartbeat. Null if the instance
   * was fenced or removed: then others may already have been told that it needs not be waited for.
   */
  abstract publish(of: {
    id: InstanceId;
    snapshot: string;
    redis: RedisIdentity | null;
  }): Promise<Heartbeat[] | null>;
  /** Instances other than `except` whose shown snapshot does not include the transaction. */
  abstract unawareOf(transaction: LogPosition, except: InstanceId): Promise<Unaware[]>;
  /** Takes an instance's right to call its knowledge fresh; false if it has published since it was seen. */
  abstract fence(seen: Heartbeat): Promise<boolean>;
  abstract remove(id: InstanceId): Promise<void>;
  /** All rows, also of instances that are gone and not yet removed; the oldest first. */
  abstract list(): Promise<InstanceReport[]>;
  abstract close(): Promise<void>;
}
