interface Line {
  readonly level: string;
  readonly event: string;
}

/** What a process has logged of these events, in its order: `warn redis.unavailable`. */
export function told(output: string, events: readonly string[]): string[] {
  return output
    .split('\n')
    .filter((line) => events.some((event) => line.includes(`"event":"${event}"`)))
    .map((line) => JSON.parse(line) as Line)
    .map(({ level, event }) => `${level} ${event}`);
}

/** True if the log has told of losses and returns in turns, as one line each, and of a return last. */
export function isToldInTurns(lines: readonly string[], [loss, back]: readonly [string, string]): boolean {
  const first = lines.indexOf(loss);
  const since = first === -1 ? [] : lines.slice(first);
  return (
    since.length > 0 && since.length % 2 === 0 && since.every((line, at) => line === [loss, back][at % 2])
  );
}
