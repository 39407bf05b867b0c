import { type CachedSession, type CacheRecord, partitionOf } from '@app/sessions';
import type { FindingId } from './catalogue.js';
import type { StoredStanding } from './installation-exam.js';

export type DriftKind = Extract<FindingId, `cache.${string}`>;

/** What is known of a key and of the session that it speaks of. */
export interface Evidence {
  readonly record: CacheRecord;
  /** Null: PostgreSQL knows no such session. */
  readonly standing: StoredStanding | null;
  /** Null: not to be read. */
  readonly entry: CachedSession | null;
  readonly isGenuineMark: boolean;
  /** Of a mark of all sessions of a user: from which generation on they count. */
  readonly minimum: number | null;
  /** Of that user in PostgreSQL; null: unknown there. */
  readonly userGen: number | null;
}

/** Clocks and replies may be late by so much. */
const slackMs = 60_000;

/** What is wrong with a key, or null. What it says was read before the standing, so an end cannot have come in between. */
export function driftOf(of: Evidence, lives: { entry: number; mark: number }): DriftKind | null {
  const { record } = of;
  if (record.kind === 'session') return driftOfEntry(of, lives.entry);
  if (!of.isGenuineMark) return 'cache.unreadable_key';
  if (outlives(record, lives.mark)) return 'cache.wrong_life';
  const { standing, minimum, userGen } = of;
  if (minimum !== null && userGen !== null && minimum > userGen) return 'cache.mark_of_live_session';
  if (record.kind !== 'ended' || !standing?.isLive) return null;
  return standing.gen >= standing.userGen ? 'cache.mark_of_live_session' : null;
}

function driftOfEntry({ record, standing, entry }: Evidence, life: number): DriftKind | null {
  if (record.text === null) return 'cache.unreadable_key';
  const isMisplaced = standing !== null && partitionOf(standing.userId) !== record.partition;
  if (standing === null || isMisplaced) return 'cache.entry_of_unknown_session';
  if (!entry) return 'cache.unreadable_key';
  if (standing.end) return 'cache.entry_of_ended_session';
  if (entry.gen < standing.userGen) return 'cache.entry_of_old_generation';
  return outlives(record, life) ? 'cache.wrong_life' : null;
}

function outlives({ lifeMs }: CacheRecord, longest: number): boolean {
  return lifeMs === null || lifeMs > longest + slackMs;
}
