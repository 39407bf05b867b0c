import type { LogPosition } from '@app/event-log';
import {
  type Heartbeat,
  type InstanceId,
  InstanceRegistry,
  type InstanceReport,
  type RedisIdentity,
  type Unaware,
} from '../domain/coherence/instance-registry.js';

interface Row {
  readonly name: string;
  snapshot: string | null;
  redis: RedisIdentity | null;
  beat: number;
  isFenced: boolean;
}

/** Passes the same contract as the one in Postgres. */
export class MemoryInstanceRegistry extends InstanceRegistry {
  readonly rows = new Map<InstanceId, Row>();

  async register({ id, name }: { id: InstanceId; name: string }): Promise<void> {
    const known = this.rows.get(id);
    this.rows.set(id, {
      name,
      snapshot: null,
      redis: known?.redis ?? null,
      beat: known ? known.beat + 1 : 0,
      isFenced: false,
    });
  }

  async publish(of: {
    id: InstanceId;
    snapshot: string;
    redis: RedisIdentity | null;
  }): Promise<Heartbeat[] | null> {
    const row = this.rows.get(of.id);
    if (!row || row.isFenced) return null;
    Object.assign(row, { snapshot: of.snapshot, redis: of.redis, beat: row.beat + 1 });
    return [...this.rows].map(([id, { name, beat }]) => ({ id, name, beat }));
  }

  async unawareOf(transaction: LogPosition, except: InstanceId): Promise<Unaware[]> {
    return [...this.rows]
      .filter(([id, { snapshot }]) => id !== except && !isVisible(transaction, snapshot))
      .map(([id, { name, beat, redis }]) => ({ id, name, beat, redis }));
  }

  async fence({ id, beat }: Heartbeat): Promise<boolean> {
    const row = this.rows.get(id);
    if (row?.beat !== beat) return false;
    row.isFenced = true;
    return true;
  }

  async list(): Promise<InstanceReport[]> {
    return [...this.rows].map(([id, { name, beat, isFenced, snapshot }]) => ({
      id,
      name,
      beat,
      isFenced,
      startedAt: new Date(0),
      transactionsBehind: snapshot === null ? null : 0,
    }));
  }

  async remove(id: InstanceId): Promise<void> {
    this.rows.delete(id);
  }

  async close(): Promise<void> {}
}

/** `xmin:xmax:xip,…` as Postgres writes it. */
function isVisible(transaction: LogPosition, snapshot: string | null): boolean {
  if (snapshot === null) return false;
  const [xmin = '0', xmax = '0', running = ''] = snapshot.split(':');
  if (transaction < Number(xmin)) return true;
  return transaction < Number(xmax) && !running.split(',').includes(String(transaction));
}
