import type { SessionsConfig } from '@app/config';
import { Clock, type SessionId } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { CachedSession } from '../../domain/coherence/entry-store.js';
import { sessionsConfigToken } from '../../sessions.config.js';

const maxKept = 50_000;

interface Kept {
  readonly entry: CachedSession;
  readonly until: number;
}

/**
 * Sessions in this process's memory, so that a warm request asks nobody. Safe under a fresh feed by the argument
 * that holds for Redis: an answered revocation has waited for this instance's map.
 */
@Injectable()
export class LocalSessions {
  private readonly kept = new Map<SessionId, Kept>();

  constructor(
    private readonly clock: Clock,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
  ) {}

  find(id: SessionId): CachedSession | null {
    const kept = this.kept.get(id);
    if (!kept) return null;
    if (kept.until > this.clock.monotonicMs()) return kept.entry;
    this.kept.delete(id);
    return null;
  }

  keep(entry: CachedSession): void {
    if (this.config.localCacheMs === 0) return;
    if (this.kept.size >= maxKept) {
      const oldest = this.kept.keys().next();
      if (!oldest.done) this.kept.delete(oldest.value);
    }
    this.kept.set(entry.sessionId, { entry, until: this.clock.monotonicMs() + this.config.localCacheMs });
  }
}
