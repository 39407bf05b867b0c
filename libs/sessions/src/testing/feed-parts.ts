import { type LoggedEvent, type LogPoll, type LogPosition, LogSource } from '@app/event-log';
import { createLogger, Log } from '@app/telemetry';
import type { EntryStore } from '../domain/coherence/entry-store.js';
import type { RedisIdentity } from '../domain/coherence/instance-registry.js';
import { RevocationRepair, type RememberedRevocations } from '../domain/coherence/revocation-repair.js';

/** A log whose next polls a test writes. */
export class ScriptedLog extends LogSource {
  position: LogPosition = 100;
  database = 'here/1';
  events: LoggedEvent[] = [];
  /** What the next poll rejects with. */
  failure: Error | null = null;
  /** Runs while a poll is under way. */
  during: () => void = () => undefined;
  readonly asked: LogPosition[] = [];

  async start(): Promise<LogPosition> {
    return this.position;
  }

  async poll(from: LogPosition): Promise<LogPoll> {
    this.asked.push(from);
    this.during();
    if (this.failure) throw this.failure;
    this.position += 10;
    const { position, database } = this;
    const events = this.events.splice(0);
    return { snapshot: `${position}:${position}:`, position, database, events };
  }

  onHint(): void {}

  async close(): Promise<void> {}
}

/** As much of a cache as the feed asks for. */
export class ScriptedCache {
  isConfigured = true;
  isUsable = true;
  suspicion = 0;
  identity: RedisIdentity | null = { runId: 'run-1', history: 'h', epochs: ['e'] };
  verifications = 0;

  async verify(): Promise<RedisIdentity | null> {
    this.verifications += 1;
    if (!this.isUsable) throw new Error('away');
    return this.identity && { ...this.identity };
  }

  asStore(): EntryStore {
    return this as unknown as EntryStore;
  }
}

export class RecordedRepair extends RevocationRepair {
  readonly asserted: RememberedRevocations[] = [];
  failure: Error | null = null;

  async reassert(remembered: RememberedRevocations): Promise<void> {
    if (this.failure) throw this.failure;
    this.asserted.push(remembered);
  }
}

export const silentLog = new Log(createLogger('silent'));
