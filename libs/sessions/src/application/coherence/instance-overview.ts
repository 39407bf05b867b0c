import { Inject, Injectable } from '@nestjs/common';
import { InstanceRegistry, type InstanceReport } from '../../domain/coherence/instance-registry.js';
import { type InstanceConfig, instanceToken } from '../../sessions.config.js';
import { HeartbeatObserver } from './heartbeat-observer.js';

export interface SeenInstance extends InstanceReport {
  readonly isThisOne: boolean;
  /** Milliseconds for which this instance has not seen it publish. A healthy one does so four times a second. */
  readonly silentMs: number;
}

/** All instances, for operators. */
@Injectable()
export class InstanceOverview {
  constructor(
    private readonly registry: InstanceRegistry,
    private readonly observer: HeartbeatObserver,
    @Inject(instanceToken) private readonly self: InstanceConfig,
  ) {}

  /** Rejects with StoreUnavailableError. */
  async list(): Promise<SeenInstance[]> {
    const rows = await this.registry.list();
    return rows.map((row) => ({
      ...row,
      isThisOne: row.id === this.self.id,
      silentMs: this.observer.silenceOf(row),
    }));
  }
}
