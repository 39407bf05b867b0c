import { Clock, type UserId } from '@app/kernel';
import { CacheExam, EntryStore } from '@app/sessions';
import { Injectable } from '@nestjs/common';
import { type EndedPage, InstallationExam } from '../domain/installation-exam.js';
import { lookAgain } from './second-look.js';

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
    const { examined, suspects } = await this.suspects(options.onProgress);
    const missing = await lookAgain(suspects, (some) => this.unmarked(some));
    return { examined, missing: missing.length, repaired: options.repair ? await this.bury(missing) : 0 };
  }

  private async suspects(
    onProgress: (done: number) => void,
  ): Promise<{ examined: number; suspects: Ended[] }> {
    const since = new Date(this.clock.now().getTime() - this.cache.lives.entry);
    const suspects: Ended[] = [];
    let examined = 0;
    for (let after: string | null = null; examined < maxExamined;) {
      const { sessions, next }: EndedPage = await this.installation.endedSince(since, after);
      suspects.push(...(await this.unmarked(sessions)));
      examined += sessions.length;
      onProgress(examined);
      if (next === null) break;
      after = next;
    }
    return { examined, suspects };
  }

  private async unmarked(sessions: readonly Ended[]): Promise<Ended[]> {
    const ids = new Set((await this.cache.unmarked(sessions)).map(({ id }) => id));
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
