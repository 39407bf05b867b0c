import type { UserId } from '@app/kernel';
import type { UserDirectory, UserSearch } from '../domain/user-directory.js';
import type { UserRepository } from '../domain/user-repository.js';
import { aUser } from './user-repository-contract.js';

export interface UserDirectorySubject {
  readonly directory: UserDirectory;
  readonly users: UserRepository;
}

const anybody: UserSearch = { text: null, role: null, state: null, among: null };
const page = { size: 10, after: null };

/** What the search of administrators relies on. */
export function userDirectoryContract(subject: () => UserDirectorySubject): void {
  const search = async (of: Partial<UserSearch>, from: { size: number; after: UserId | null } = page) =>
    (await subject().directory.search({ ...anybody, ...of }, from)).map(({ id }) => id);

  it('finds by the beginning of each name in any spelling of case, newest first', async () => {
    const { users } = subject();
    const older = await users.insert(
      aUser({ email: 'Seek.One@corp.test', username: 'seekone', fullName: null }),
    );
    const newer = await users.insert(
      aUser({ email: 'a@seek.test', username: null, fullName: 'SEEK the Elder' }),
    );

    expect(await search({ text: 'seek' })).toEqual([newer.id, older.id]);
    expect(await search({ text: 'SEEKone' })).toEqual([older.id]);
    expect(await search({ text: older.id })).toEqual([older.id]);
  });

  it.each(['%ek', '_eek', 's_ek', 'se\\ek', 'seek%', "'; -- seek"])(
    'takes %s for what was typed, not for a wildcard',
    async (text) => {
      expect(await search({ text })).toEqual([]);
    },
  );

  it('narrows by role, state and a given set', async () => {
    const { users } = subject();
    const made = [];
    for (const role of ['user', 'admin', 'user'] as const)
      made.push(await users.insert(aUser({ role, fullName: 'Narrow' })));
    const [first, admin, disabled] = made;
    await users.setDisabled(disabled!.id, new Date(), new Date());

    expect(await search({ text: 'narrow', role: 'admin' })).toEqual([admin!.id]);
    expect(await search({ text: 'narrow', state: 'disabled' })).toEqual([disabled!.id]);
    expect(await search({ text: 'narrow', state: 'active' })).toEqual([admin!.id, first!.id]);
    expect(await search({ text: 'narrow', among: [first!.id] })).toEqual([first!.id]);
    expect(await search({ text: 'narrow', among: [] })).toEqual([]);
  });

  it('goes on after the last one of a page', async () => {
    const { users } = subject();
    const made: UserId[] = [];
    for (let count = 0; count < 5; count += 1)
      made.push((await users.insert(aUser({ fullName: 'Paged' }))).id);
    const first = await search({ text: 'paged' }, { size: 2, after: null });
    await users.insert(aUser({ fullName: 'Paged later' }));

    expect([...first, ...(await search({ text: 'paged' }, { size: 10, after: first[1]! }))]).toEqual(
      made.toReversed(),
    );
  });

  it('tells the addresses of those it knows', async () => {
    const { users, directory } = subject();
    const { id, email } = await users.insert(aUser());
    const unknown = '017f22e2-79b0-7cc3-98c4-ffffffffffff' as UserId;

    expect(await directory.emailsOf([id, unknown, id])).toEqual(new Map([[id, email]]));
  });
}
