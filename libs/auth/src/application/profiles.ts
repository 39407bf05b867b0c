import { CacheStore, ReadThroughCache } from '@app/cache';
import type { UserId } from '@app/kernel';
import { partitionOf, type Propagation, RevocationFeed } from '@app/sessions';
import { Metrics } from '@app/telemetry';
import { AvatarRepository, type User, type UserChange, UserRepository } from '@app/users';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { SessionEndedError } from '../domain/auth.errors.js';
import { type Profile, profileOf } from '../domain/profile.js';
import { type UserChanged, UserChanges } from './user-changes.js';

const minuteMs = 60_000;

/** A profile as it was read, with the log position from before that read and the history it belongs to. */
const keptSchema = z.object({
  position: z.int(),
  database: z.string(),
  profile: z.object({
    id: z.string().transform((id) => id as UserId),
    email: z.string(),
    username: z.string().nullable(),
    fullName: z.string().nullable(),
    role: z.enum(['user', 'admin']),
    avatarHash: z.string().nullable(),
    createdAt: z.iso.datetime().transform((text) => new Date(text)),
  }),
});
type Kept = z.infer<typeof keptSchema>;

/**
 * The person's own account, cached for half an hour and never older than its last change: a cached profile counts
 * under the same rule as a cached session, which is that a fresh feed knows of no change since it was read.
 */
@Injectable()
export class Profiles {
  private readonly cache: ReadThroughCache<Kept>;

  constructor(
    private readonly users: UserRepository,
    private readonly avatars: AvatarRepository,
    private readonly changes: UserChanges,
    private readonly feed: RevocationFeed,
    private readonly metrics: Metrics,
    store: CacheStore,
  ) {
    const settings = { schema: keptSchema, lifeMs: 30 * minuteMs, absenceLifeMs: minuteMs };
    this.cache = new ReadThroughCache<Kept>(store, settings);
  }

  /** Throws SessionEndedError if the user is gone. */
  async get(userId: UserId): Promise<{ profile: Profile; result: 'hit' | 'miss' }> {
    const isCurrent = (kept: Kept): boolean => this.isCurrent(userId, kept);
    const { value, result } = await this.cache.get(profileKey(userId), () => this.read(userId), isCurrent);
    this.metrics.cacheRequests.inc('profile', result);
    // Absence is never cached, so this one was read just now.
    if (!value) throw new SessionEndedError(null);
    return { profile: value.profile, result };
  }

  /** Throws EmailTakenError or UsernameTakenError, also when two changes race. */
  async change(userId: UserId, wish: UserChange): Promise<{ profile: Profile; propagation: Propagation }> {
    const { result: profile, propagation } = await this.changes.apply(userId, (user, at) =>
      this.update(user, wish, at),
    );
    return { profile, propagation };
  }

  private async update(user: User, wish: UserChange, at: Date): Promise<UserChanged<Profile>> {
    const fields = differing(user, wish);
    const avatarHash = await this.avatars.hashOf(user.id);
    if (fields.length === 0) return { result: profileOf(user, avatarHash), fields };
    const result = profileOf(await this.users.update(user.id, wish, at), avatarHash);
    const isMoved = result.email !== user.email;
    // Whoever loses the account by this must be told where the owner still reads it.
    return { result, fields, ...(isMoved && { payload: { previous_email: user.email } }) };
  }

  private isCurrent(userId: UserId, { position, database, profile }: Kept): boolean {
    const { map, isFresh } = this.feed;
    const isKnown = isFresh && map.covers(position, database) && !map.hasUserChanged(userId, position);
    return isKnown && profile.id === userId;
  }

  private async read(userId: UserId): Promise<Kept> {
    const { position, map } = this.feed;
    const { database } = map;
    const [user, avatarHash] = await Promise.all([this.users.find(userId), this.avatars.hashOf(userId)]);
    if (!user) throw new SessionEndedError(null);
    return { position, database: database ?? '', profile: profileOf(user, avatarHash) };
  }
}

const names = { email: 'email', username: 'username', fullName: 'full_name' } as const;

/** As the API calls them. */
function differing(user: User, wish: UserChange): string[] {
  return (['email', 'username', 'fullName'] as const)
    .filter((field) => wish[field] !== undefined && wish[field] !== user[field])
    .map((field) => names[field]);
}

/** With the hash tag that all keys of a user carry. */
function profileKey(userId: UserId): string {
  return `profile:{${partitionOf(userId)}}:${userId}`;
}
