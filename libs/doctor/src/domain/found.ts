import type { FindingId } from './catalogue.js';

/** Id and detail, before the catalogue says what it means. */
export type Found = readonly [id: FindingId, detail: string];

/** One finding for all that have this in common, by their names. */
export function some(id: FindingId, names: readonly string[]): Found[] {
  return names.length > 0 ? [[id, names.join(', ')]] : [];
}
