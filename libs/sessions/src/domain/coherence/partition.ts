import type { UserId } from '@app/kernel';

export const partitions = 256;

/**
 * The hash tag of all keys of a user, so that each script touches one slot of a cluster. Ids are UUID v7: their
 * first bytes are a time, so the last one, which is random, decides.
 */
export function partitionOf(userId: UserId): number {
  return Number.parseInt(userId.slice(-2), 16);
}
