import { type EventType, eventTypes } from '@app/event-log';

/** The type itself, all of one kind (`session.*`), or everything (`*`). */
function matches(pattern: string, type: EventType): boolean {
  return (
    pattern === '*' || pattern === type || (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1)))
  );
}

/** False for what can never match anything: most likely a typing error. */
export function isFilter(pattern: string): boolean {
  return eventTypes.some((type) => matches(pattern, type));
}

export function isWanted(patterns: readonly string[], type: EventType): boolean {
  return patterns.some((pattern) => matches(pattern, type));
}

/** All types that any of the patterns matches. */
export function wantedTypes(patterns: readonly string[]): EventType[] {
  return eventTypes.filter((type) => isWanted(patterns, type));
}
