import { setTimeout as delay } from 'node:timers/promises';
import { Clock, type SessionId, type UserId } from '@app/kernel';
import { CacheExam, EntryStore } from '@app/sessions';
import { Injectable } from '@nestjs/common';
import { type EndedPage, InstallationExam } from '../domain/installation-exam.js';

/** Milliseconds before a second look: a mark comes a moment after the commit. */
const secondLookMs = 1_500;

/** Ends that are looked at; more within three hours are a flood of which a part is enough to know. */
const maxExamined = 200_000;

type Ended = EndedPage['sessions'][number];

export interface MarksReport {
  readonly examined: number;
  readonly missing: number;
  readonly repaired: number;
}

/** Sessions that ended while an entry of theirs could still be cached must have left a mark. */
@Injectable()
export class MissingMarks {
  constructor(
    private readonly cache: CacheExam,
    private readonly entries: EntryStore,
    private readonly installation: InstallationExam,
    private readonly clock: Clock,
  ) {}

  /** Rejects with StoreUnavailableError. */
  async examine(options: { repair: boolean; onProgress: (done: number) => void }): Promise<MarksReport> {
    const since = new Date(this.clock.now().getTime() - this.cache.lives.entry);
    let [examined, missing, repaired] = [0, 0, 0];
    for (let after: string | null = null; examined < maxExamined;) {
      const { sessions, next }: EndedPage = await this.installation.endedSince(since, after);
      examined += sessions.length;
      const unmarked = await this.unmarked(sessions);
      missing += unmarked.length;
      if (options.repair) repaired += await this.bury(unmarked);
      options.onProgress(examined);
      if (next === null) break;
      after = next;
    }
    return { examined, missing, repaired };
  }

  private async unmarked(sessions: readonly Ended[]): Promise<Ended[]> {
    const suspects = await this.cache.unmarked(sessions);
    if (suspects.length === 0) return [];
    await delay(secondLookMs);
    const ids = new Set((await this.cache.unmarked(suspects)).map(({ id }): SessionId => id));
    return sessions.filter(({ id }) => ids.has(id));
  }

  private async bury(sessions: readonly Ended[]): Promise<number> {
    const byUser = new Map<UserId, Ended[]>();
    for (const one of sessions) byUser.set(one.userId, [...(byUser.get(one.userId) ?? []), one]);
    for (const [userId, theirs] of byUser)
      await this.entries.bury({ userId, sessions: theirs, generation: null, tokens: [] });
    return sessions.length;
  }
}
