import type { UserId } from '@app/kernel';

/** What an upload may have; bytes as sent, pixels on each side. */
export const avatarLimits = { bytes: 2 * 1024 * 1024, side: 4_096 } as const;

/** A picture as it is kept and served: always made here, never what somebody has sent. */
export interface Avatar {
  /** Changes with the picture and cannot be guessed; the picture's address. */
  readonly hash: string;
  /** WebP, 256 by 256. */
  readonly image: Buffer;
}

/** Pictures, one per user at most. All methods join the caller's unit of work. */
export abstract class AvatarRepository {
  /** False if it is the one that is there. */
  abstract put(userId: UserId, avatar: Avatar, at: Date): Promise<boolean>;
  /** False if there was none. */
  abstract remove(userId: UserId): Promise<boolean>;
  abstract find(by: { readonly hash: string } | { readonly userId: UserId }): Promise<Avatar | null>;
  abstract hashOf(userId: UserId): Promise<string | null>;
}

/** Makes pictures of what people send. */
export abstract class AvatarStudio {
  /**
   * The first frame of a PNG, JPEG, WebP or GIF image, as WebP of 256 by 256 pixels without metadata. Throws
   * AvatarTypeError, AvatarTooLargeError, AvatarUnreadableError, or OverloadedError when too many are waiting.
   */
  abstract make(upload: Buffer): Promise<Buffer>;
}
