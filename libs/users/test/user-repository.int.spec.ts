import { type OpenStore, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { DrizzleUserRepository } from '../src/index.js';
import { DrizzleAvatarRepository } from '../src/infrastructure/postgres/drizzle-avatar-repository.js';
import { DrizzleUserDirectory } from '../src/infrastructure/postgres/drizzle-user-directory.js';
import { avatarRepositoryContract } from '../src/testing/avatar-repository-contract.js';
import { userDirectoryContract } from '../src/testing/user-directory-contract.js';
import { aUser, userRepositoryContract } from '../src/testing/user-repository-contract.js';

describe.each(openStores)(`${DrizzleUserRepository.name} on %s`, (_driver, open) => {
  let store: OpenStore;
  let users: DrizzleUserRepository;

  beforeAll(async () => {
    store = await open();
    users = new DrizzleUserRepository(store.database);
  });

  afterAll(() => store.close());

  userRepositoryContract(() => ({ users, work: store.database }));

  describe(DrizzleAvatarRepository.name, () => {
    avatarRepositoryContract(() => ({
      avatars: new DrizzleAvatarRepository(store.database),
      work: store.database,
      addUser: () => users.insert(aUser()),
    }));
  });

  describe(DrizzleUserDirectory.name, () => {
    userDirectoryContract(() => ({ directory: new DrizzleUserDirectory(store.database), users }));
  });

  it('notes when a user last changed', async () => {
    const user = await users.insert(aUser());
    await users.nextGeneration(user.id, new Date('2026-05-05T05:05:05.555Z'));

    const changed = await store.database.query((orm) =>
      orm
        .select({ at: sql<string>`to_json(updated_at)` })
        .from(sql`users`)
        .where(sql`id = ${user.id}`),
    );
    expect(new Date(changed[0]!.at)).toEqual(new Date('2026-05-05T05:05:05.555Z'));
  });

  it('v5.0.0-8.2.3 refuses a role that does not exist', async () => {
    await expect(users.insert(aUser({ role: 'root' as 'user' }))).rejects.toMatchObject({
      constraint: 'users_role_known',
    });
  });

  it('v5.0.0-16.2.5 tells no password hash when a statement fails', async () => {
    const broken = aUser({ passwordHash: 'SENTINEL', role: 'root' as 'user' });
    const error = (await users.insert(broken).catch((thrown: unknown) => thrown)) as Error;

    expect(`${error.message}${error.stack}`).not.toContain('SENTINEL');
  });
});
