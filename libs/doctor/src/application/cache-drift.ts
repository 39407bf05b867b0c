import { Clock, type SessionId, type UserId } from '@app/kernel';
import { CacheExam, type CacheRecord, EntryStore, RevocationRepair } from '@app/sessions';
import { Injectable } from '@nestjs/common';
import { type DriftKind, driftOf, type Evidence } from '../domain/drift.js';
import { InstallationExam, type StoredStanding } from '../domain/installation-exam.js';
import { lookAgain } from './second-look.js';

/** Keys whose names are kept; a cache with more is wrong as a whole, and the next run goes on. */
const maxSuspects = 20_000;

/** A name that somebody else has made up may hold anything. */
const isUuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** What a mark makes harmless. */
const markable = new Set<DriftKind>(['cache.entry_of_ended_session', 'cache.entry_of_old_generation']);

export interface Drifted extends Evidence {
  readonly kind: DriftKind;
}

export interface DriftReport {
  /** Keys that were looked at. */
  readonly examined: number;
  readonly drifted: readonly Drifted[];
}

/**
 * What the cache says against what the database says. A suspect is looked at twice, so what is only on its way is no
 * finding. Safe beside running instances: repairing leaves marks, removes entries, and ends in the database again what
 * marks tell to be over; none of it can let anybody in.
 */
@Injectable()
export class CacheDrift {
  constructor(
    private readonly cache: CacheExam,
    private readonly entries: EntryStore,
    private readonly installation: InstallationExam,
    private readonly repairs: RevocationRepair,
    private readonly clock: Clock,
  ) {}

  /** Rejects with StoreUnavailableError. */
  async find(onProgress: (done: number) => void): Promise<DriftReport> {
    const suspects = new Map<string, DriftKind>();
    let examined = 0;
    for await (const records of this.cache.walk()) {
      examined += records.length;
      for (const { kind, record } of await this.drifted(records)) {
        if (suspects.size < maxSuspects) suspects.set(record.name, kind);
      }
      onProgress(examined);
    }
    const again = await lookAgain([...suspects.keys()], async (names) =>
      this.drifted(await this.cache.look(names)),
    );
    return { examined, drifted: again.filter(({ kind, record }) => suspects.get(record.name) === kind) };
  }

  /** How many of each kind it has repaired. Rejects with StoreUnavailableError. */
  async repair(drifted: readonly Drifted[]): Promise<Map<DriftKind, number>> {
    const repaired = new Map<DriftKind, number>();
    for (const one of drifted) {
      await this.repairOne(one);
      repaired.set(one.kind, (repaired.get(one.kind) ?? 0) + 1);
    }
    return repaired;
  }

  private async drifted(records: readonly CacheRecord[]): Promise<Drifted[]> {
    const about = records.filter(({ kind }) => kind === 'session' || kind === 'ended');
    const ids = [...new Set(about.map(({ subject }) => subject as SessionId))];
    const standings =
      ids.length > 0 ? await this.installation.standingsOf(ids) : new Map<SessionId, StoredStanding>();
    const users = records.filter(({ kind }) => kind === 'ended_user').map(({ subject }) => subject as UserId);
    const generations =
      users.length > 0
        ? await this.installation.generationsOf(users.filter((id) => isUuid.test(id)))
        : new Map<UserId, number>();
    const found = records.flatMap((record) => {
      const evidence = this.evidence(record, { standings, generations });
      const kind = driftOf(evidence, this.cache.lives);
      return kind ? [{ ...evidence, kind }] : [];
    });
    return this.withoutMarked(found);
  }

  /** An entry whose session or user has left a mark convinces nobody. */
  private async withoutMarked(found: readonly Drifted[]): Promise<Drifted[]> {
    const dead = found.filter(({ kind }) => markable.has(kind)).map(({ standing }) => standing!);
    if (dead.length === 0) return [...found];
    const unmarked = new Set((await this.cache.unmarked(dead)).map(({ id }): string => id));
    return found.filter(({ kind, record }) => !markable.has(kind) || unmarked.has(record.subject));
  }

  private evidence(
    record: CacheRecord,
    {
      standings,
      generations,
    }: {
      standings: ReadonlyMap<SessionId, StoredStanding>;
      generations: ReadonlyMap<UserId, number>;
    },
  ): Evidence {
    const standing = standings.get(record.subject as SessionId) ?? null;
    const isEntry = record.kind === 'session';
    const entry = isEntry && standing ? this.cache.open(record, standing.userId) : null;
    return {
      record,
      standing,
      entry,
      isGenuineMark: !isEntry && this.cache.isGenuineMark(record),
      minimum: this.cache.markIn(record)?.minimum ?? null,
      userGen: generations.get(record.subject as UserId) ?? null,
    };
  }

  private async repairOne({ kind, record, standing }: Drifted): Promise<void> {
    if (kind === 'cache.mark_of_live_session') return this.reassert(record);
    // A mark may be of another installation on the same server: it ends by itself, and is not taken away.
    if (record.kind !== 'session') return this.cache.limitLife([record.name]);
    // The mark first: it also removes the entry, in one step.
    if (standing && kind === 'cache.entry_of_ended_session') await this.bury(standing);
    if (standing && kind === 'cache.entry_of_old_generation') await this.buryGeneration(standing);
    return this.cache.remove([record.name]);
  }

  /** Nobody but an instance can have written the mark, and an end is never taken back. */
  private async reassert(record: CacheRecord): Promise<void> {
    const mark = this.cache.markIn(record);
    if (!mark) return;
    const { end, minimum } = mark;
    await this.repairs.reassert({
      sessions: minimum === null ? [{ id: record.subject as SessionId, end }] : [],
      generations: minimum === null ? [] : [{ userId: record.subject as UserId, gen: minimum }],
      tokens: [],
    });
  }

  private async bury({ id, userId, end }: StoredStanding): Promise<void> {
    if (!end) return;
    await this.entries.bury({ userId, sessions: [{ id, end }], generation: null, tokens: [] });
  }

  private async buryGeneration({ userId, userGen }: StoredStanding): Promise<void> {
    const end = { at: this.clock.now(), reason: 'signout_all' as const };
    const generation = { minimum: userGen, end };
    await this.entries.bury({ userId, sessions: [], generation, tokens: [] });
  }
}
