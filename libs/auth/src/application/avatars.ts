import { createHmac } from 'node:crypto';
import { Bulkhead, KeyedQueue, ServerSecret, type UserId } from '@app/kernel';
import type { Propagation } from '@app/sessions';
import { type Avatar, AvatarNotFoundError, AvatarRepository, AvatarStudio } from '@app/users';
import { Injectable } from '@nestjs/common';
import { type Profile, profileOf } from '../domain/profile.js';
import { UserChanges } from './user-changes.js';

interface Changed {
  readonly profile: Profile;
  readonly propagation: Propagation;
}

/** Uploads received at once, 2 MiB each, and waiting to be, per instance; of one user one at a time. */
const admission = { concurrent: 16, waiting: 64 };
const maxWaitingPerUser = 3;

/**
 * The pictures of people. A picture's address is a MAC over its owner and its bytes: it changes with the picture, so
 * it may be kept for ever; it cannot be guessed; and two people with one picture have two addresses, so that it tells
 * nothing about either.
 */
@Injectable()
export class Avatars {
  private readonly key: Buffer;
  private readonly door = new Bulkhead(admission);
  private readonly perUser = new KeyedQueue(maxWaitingPerUser);

  constructor(
    private readonly avatars: AvatarRepository,
    private readonly studio: AvatarStudio,
    private readonly changes: UserChanges,
    secret: ServerSecret,
  ) {
    this.key = secret.deriveKey('rollcall/avatar/v1');
  }

  /**
   * `receive` gets the upload when its turn has come, so that waiting ones take no memory. Throws what it throws, and
   * like AvatarStudio.make; OverloadedError when too many wait.
   */
  set(userId: UserId, receive: () => Promise<Buffer>): Promise<Changed> {
    return this.perUser.run(userId, () => this.door.run(() => this.replace(userId, receive)));
  }

  /** No error if there is none. */
  async remove(userId: UserId): Promise<Changed> {
    const { result: profile, propagation } = await this.changes.apply(userId, async (user) => ({
      fields: (await this.avatars.remove(userId)) ? ['avatar'] : [],
      result: profileOf(user, null),
    }));
    return { profile, propagation };
  }

  /** Throws AvatarNotFoundError. */
  async get(by: { readonly hash: string } | { readonly userId: UserId }): Promise<Avatar> {
    const avatar = await this.avatars.find(by);
    if (!avatar) throw new AvatarNotFoundError();
    return avatar;
  }

  private async replace(userId: UserId, receive: () => Promise<Buffer>): Promise<Changed> {
    const image = await this.studio.make(await receive());
    const hash = createHmac('sha256', this.key).update(userId).update(image).digest('base64url');
    const { result: profile, propagation } = await this.changes.apply(userId, async (user, at) => ({
      fields: (await this.avatars.put(userId, { hash, image }, at)) ? ['avatar'] : [],
      result: profileOf(user, hash),
    }));
    return { profile, propagation };
  }
}
