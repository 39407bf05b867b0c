import type { UnitOfWork } from '@app/kernel';
import type { Avatar, AvatarRepository } from '../domain/avatar.js';
import type { User } from '../domain/user.js';

export interface AvatarRepositorySubject {
  readonly avatars: AvatarRepository;
  readonly work: UnitOfWork;
  readonly addUser: () => Promise<User>;
}

const at = new Date('2026-01-01T00:00:00.123Z');
let made = 0;

/** A picture unlike any other, with every byte there is. */
function anAvatar(): Avatar {
  made += 1;
  return { hash: `hash-${made}`, image: Buffer.from(Array.from({ length: 256 + made }, (_, byte) => byte)) };
}

/** What profiles and the addresses of pictures rely on. */
export function avatarRepositoryContract(subject: () => AvatarRepositorySubject): void {
  const avatars = (): AvatarRepository => subject().avatars;

  it('gives back a picture by its hash and by its owner', async () => {
    const [{ id }, avatar] = [await subject().addUser(), anAvatar()];

    expect(await avatars().put(id, avatar, at)).toBe(true);
    expect(await avatars().find({ hash: avatar.hash })).toEqual(avatar);
    expect(await avatars().find({ userId: id })).toEqual(avatar);
    expect(await avatars().hashOf(id)).toBe(avatar.hash);
  });

  it('keeps one per user, tells the same one from another, and touches nobody else', async () => {
    const [{ id }, { id: other }] = [await subject().addUser(), await subject().addUser()];
    const [first, second, theirs] = [anAvatar(), anAvatar(), anAvatar()];
    await avatars().put(other, theirs, at);

    expect(await avatars().put(id, first, at)).toBe(true);
    expect(await avatars().put(id, first, at)).toBe(false);
    expect(await avatars().put(id, second, at)).toBe(true);
    expect(await avatars().find({ hash: first.hash })).toBeNull();
    expect(await avatars().remove(id)).toBe(true);
    expect(await avatars().remove(id)).toBe(false);
    expect(await avatars().hashOf(id)).toBeNull();
    expect(await avatars().find({ userId: other })).toEqual(theirs);
  });

  it('leaves the picture before when the work is rolled back', async () => {
    const [{ id }, avatar] = [await subject().addUser(), anAvatar()];
    await avatars().put(id, avatar, at);
    const failed = subject().work.run(async () => {
      await avatars().remove(id);
      throw new Error('no');
    });

    await expect(failed).rejects.toThrow('no');
    expect(await avatars().hashOf(id)).toBe(avatar.hash);
  });
}
