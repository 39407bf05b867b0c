import { type Act, EventLog, factsOf } from '@app/event-log';
import type { UnitOfWork, UserId } from '@app/kernel';
import type { Metrics } from '@app/telemetry';
import type { EndedSession } from '../domain/session-repository.js';
import { endEvent } from './session-events.js';

interface EndsRecord {
  readonly events: EventLog;
  readonly work: UnitOfWork;
  readonly metrics: Metrics;
}

/** One event for each session that ended, in one statement, within the caller's unit of work. */
export async function recordEnds(
  { events, work, metrics }: EndsRecord,
  ended: readonly (EndedSession & { readonly userId: UserId })[],
  details: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  if (ended.length === 0) return;
  countEnds({ work, metrics }, ended);
  await events.append(ended.map((one) => endEvent(one.userId, one, details)));
}

export function countEnds(
  { work, metrics }: Pick<EndsRecord, 'work' | 'metrics'>,
  ended: readonly EndedSession[],
): void {
  work.afterCommit(() => {
    for (const { end } of ended) metrics.sessionsEnded.inc({ reason: end.reason });
  });
}

/** What an end tells beside its reason when an administrator brought it about. */
export function detailsOf(act: Act | undefined): Readonly<Record<string, unknown>> {
  return act ? factsOf(act) : {};
}
