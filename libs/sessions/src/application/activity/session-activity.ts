import type { SessionProfile, SessionsConfig } from '@app/config';
import { Clock, type SessionId } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { ActivityStore, maxAddresses, maxUsesAtOnce, type SessionUse } from '../../domain/activity.js';
import { sessionsConfigToken } from '../../sessions.config.js';

/** Sessions whose uses may wait for Postgres; beyond it their counts are lost, never the sessions. */
const maxWaiting = 100_000;

interface Gathered {
  count: number;
  firstAt: Date;
  lastAt: Date;
  readonly idleSeconds: number;
  readonly addresses: string[];
}

/** What of a session decides how its use counts. */
export interface UsedSession {
  readonly id: SessionId;
  readonly profile: SessionProfile;
}

/**
 * Gathers the uses of sessions in memory, so that no request writes, and writes them together. A crash loses at most
 * the window since the last flush, of counts and last access only.
 */
@Injectable()
export class SessionActivity {
  private gathered = new Map<SessionId, Gathered>();
  private writing: ReadonlyMap<SessionId, Gathered> = new Map();
  private running: Promise<void> | null = null;

  constructor(
    private readonly store: ActivityStore,
    private readonly clock: Clock,
    private readonly log: Log,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
  ) {}

  /** Costs a map look-up. */
  note(session: UsedSession, address: string): void {
    const known = this.gathered.get(session.id);
    if (known) {
      known.count += 1;
      known.lastAt = this.clock.now();
      if (known.addresses[0] !== address) remember(known.addresses, address);
      return;
    }
    if (this.gathered.size >= maxWaiting) return;
    const now = this.clock.now();
    this.gathered.set(session.id, {
      count: 1,
      firstAt: now,
      lastAt: now,
      idleSeconds: this.idleSeconds(session.profile),
      addresses: [address],
    });
  }

  /** The session with the idle end that uses known here, and not written yet, give it. */
  upToDate<Row extends { readonly id: SessionId; readonly idleExpiresAt: Date; readonly expiresAt: Date }>(
    row: Row,
  ): Row {
    return [this.writing.get(row.id), this.gathered.get(row.id)].reduce(afterUse, row);
  }

  /** True if a use now must be written at once: other instances could find the session idle before the next flush. */
  isUrgent(idleExpiresAt: Date, expiresAt: Date): boolean {
    const idleEnd = idleExpiresAt.getTime();
    if (idleEnd >= expiresAt.getTime()) return false;
    const leadMs = 2_000 * this.config.activityFlushSeconds;
    return idleEnd - this.clock.now().getTime() <= leadMs;
  }

  /** The moved idle end; null if the session is not live. Rejects with StoreUnavailableError. */
  extend(session: UsedSession): Promise<Date | null> {
    const idleSeconds = this.idleSeconds(session.profile);
    return this.store.extend({ sessionId: session.id, lastAt: this.clock.now(), idleSeconds });
  }

  /** Writes what has been gathered. Never rejects: what could not be written waits. */
  flush(): Promise<void> {
    this.running ??= this.write().finally(() => (this.running = null));
    return this.running;
  }

  private async write(): Promise<void> {
    if (this.gathered.size === 0) return;
    const taken = this.gathered;
    this.gathered = new Map();
    this.writing = taken;
    const waiting = new Map(taken);
    try {
      const uses = [...taken].map(([sessionId, use]): SessionUse => ({ sessionId, ...use }));
      for (let from = 0; from < uses.length; from += maxUsesAtOnce) {
        const batch = uses.slice(from, from + maxUsesAtOnce);
        const busy = new Set(await this.store.write(batch));
        for (const { sessionId } of batch) if (!busy.has(sessionId)) waiting.delete(sessionId);
      }
    } catch (error) {
      this.log.warn('activity.not_written', { sessions: waiting.size, reason: (error as Error).message });
    } finally {
      this.putBack(waiting);
      this.writing = new Map();
    }
  }

  private putBack(waiting: ReadonlyMap<SessionId, Gathered>): void {
    for (const [id, use] of waiting) {
      const newer = this.gathered.get(id);
      if (newer) {
        newer.count += use.count;
        newer.firstAt = use.firstAt;
        for (const address of use.addresses) {
          if (!newer.addresses.includes(address) && newer.addresses.length < maxAddresses)
            newer.addresses.push(address);
        }
      } else if (this.gathered.size < maxWaiting) this.gathered.set(id, use);
    }
  }

  private idleSeconds(profile: SessionProfile): number {
    return this.config.lifetimes[profile].idleSeconds;
  }
}

/**
 * Each use was accepted while the session lived by the uses before it, so the first one decides whether the chain holds
 * on to what the store knows.
 */
function afterUse<Row extends { readonly idleExpiresAt: Date; readonly expiresAt: Date }>(
  row: Row,
  use: Gathered | undefined,
): Row {
  if (!use || use.firstAt >= row.idleExpiresAt) return row;
  const idleEnd = Math.min(use.lastAt.getTime() + use.idleSeconds * 1_000, row.expiresAt.getTime());
  return { ...row, idleExpiresAt: new Date(Math.max(idleEnd, row.idleExpiresAt.getTime())) };
}

/** To the front, without growing beyond the bound. */
function remember(addresses: string[], address: string): void {
  const known = addresses.indexOf(address);
  if (known >= 0) addresses.splice(known, 1);
  addresses.unshift(address);
  if (addresses.length > maxAddresses) addresses.pop();
}
