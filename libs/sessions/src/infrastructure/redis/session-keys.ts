import type { SessionId, TokenId, UserId } from '@app/kernel';
import type { SessionKey } from '../../domain/coherence/entry-store.js';
import { partitionOf } from '../../domain/coherence/partition.js';

/**
 * Names of all keys of this lib, built nowhere else. The hash tag keeps everything of a user in one slot.
 *
 * | key                        | holds                                              | life                |
 * | -------------------------- | -------------------------------------------------- | ------------------- |
 * | `session:{p}:<sid>`        | entry: position, database, MAC, session            | 3 h from its read   |
 * | `ended:{p}:<sid>`          | tombstone: MAC, time, reason                       | 4 h                 |
 * | `ended_user:{p}:<uid>`     | tombstone: minimum generation, MAC, time, reason   | 4 h                 |
 * | `changed_user:{p}:<uid>`   | transaction of the user's last change, history, MAC | 4 h                |
 * | `blacklist:{p}:<jti>`      | tombstone of one token                             | until it has died   |
 * | `epoch:{p}`                | random text, gone after a flush                    | for ever            |
 */
export const sessionKeys = {
  session: (userId: UserId, id: SessionId) => `session:{${partitionOf(userId)}}:${id}`,
  ended: (userId: UserId, id: SessionId) => `ended:{${partitionOf(userId)}}:${id}`,
  endedUser: (userId: UserId) => `ended_user:{${partitionOf(userId)}}:${userId}`,
  changedUser: (userId: UserId) => `changed_user:{${partitionOf(userId)}}:${userId}`,
  blacklist: (userId: UserId, id: TokenId) => `blacklist:{${partitionOf(userId)}}:${id}`,
  epoch: (partition: number) => `epoch:{${partition}}`,
};

/** What a look-up reads, and from which partition. */
export interface LookupNames {
  readonly partition: number;
  /** Session, its tombstone, the user's, the token's, and the epoch. */
  readonly all: readonly [string, string, string, string, string];
}

/** Whoever asks once asks again with the same token. */
const lastNames = new WeakMap<SessionKey, LookupNames>();

export function namesOf(of: SessionKey): LookupNames {
  const known = lastNames.get(of);
  if (known) return known;
  const { userId, sessionId, tokenId } = of;
  const partition = partitionOf(userId);
  const all = [
    sessionKeys.session(userId, sessionId),
    sessionKeys.ended(userId, sessionId),
    sessionKeys.endedUser(userId),
    sessionKeys.blacklist(userId, tokenId),
    sessionKeys.epoch(partition),
  ] as const;
  const names = { partition, all };
  lastNames.set(of, names);
  return names;
}
