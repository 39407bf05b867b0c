import { setTimeout as delay } from 'node:timers/promises';

/** Milliseconds; a revocation under way has left its mark by then. */
const pauseMs = 1_500;
const batch = 500;

/** What `look` still finds among suspects a moment later, so that what is only on its way is no finding. */
export async function lookAgain<Suspect, Seen>(
  suspects: readonly Suspect[],
  look: (some: Suspect[]) => Promise<Seen[]>,
): Promise<Seen[]> {
  if (suspects.length > 0) await delay(pauseMs);
  const seen: Seen[] = [];
  for (let start = 0; start < suspects.length; start += batch)
    seen.push(...(await look(suspects.slice(start, start + batch))));
  return seen;
}
