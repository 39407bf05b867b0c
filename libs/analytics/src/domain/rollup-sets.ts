/**
 * The two sets of counts. A rebuild counts the log from its beginning into a new one, which is shown as soon as it has
 * come as far as the other; until then nobody sees it.
 */
export abstract class RollupSets {
  /** Begins to build one, unless that is under way. False while the set before is not yet cleared away. */
  abstract begin(): Promise<boolean>;
  /** Within a unit of work it stays so until the end of that. */
  abstract isBuilding(): Promise<boolean>;
  /**
   * Shows the set that was built, whose reader goes on as that of the shown one. False if another process is counting
   * into it at this moment.
   */
  abstract show(): Promise<boolean>;
  /**
   * Clears away up to `limit` counts of a set that is no longer shown; those of buckets that began before the log does
   * become part of the shown one. Returns how many; 0 when nothing is left.
   */
  abstract clear(limit: number): Promise<number>;
}
