import type { RollupSet } from './rollups.js';

/** Names of the positions in the log, as the metric of their lag shows them. */
export const readerNameOf: Readonly<Record<RollupSet, string>> = {
  shown: 'analytics',
  building: 'analytics_rebuild',
};
