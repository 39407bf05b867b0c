import type { UnitOfWork, UserId } from '@app/kernel';
import type { NewUser, UserChange, UserRepository } from '../domain/user-repository.js';
import { EmailTakenError, UsernameTakenError } from '../domain/users.errors.js';

export interface UserRepositorySubject {
  readonly users: UserRepository;
  readonly work: UnitOfWork;
}

const createdAt = new Date('2026-01-01T00:00:00.123Z');
let made = 0;

/** A user unlike any other. */
export function aUser(changes: Partial<NewUser> = {}): NewUser {
  made += 1;
  return {
    id: `017f22e2-79b0-7cc3-98c4-${String(made).padStart(12, '0')}` as UserId,
    email: `user${made}@corp.test`,
    username: `user${made}`,
    fullName: 'Ann Lee',
    role: 'user',
    passwordHash: '$argon2id$first',
    createdAt,
    ...changes,
  };
}

/** What sign-in, registration and revocation rely on. */
export function userRepositoryContract(subject: () => UserRepositorySubject): void {
  const users = (): UserRepository => subject().users;

  it('gives back a new user as it will be found', async () => {
    const user = aUser();
    const { passwordHash, ...facts } = user;
    const never = { disabledAt: null, passwordChangeRequiredAt: null, lastLoginAt: null };
    const expected = { ...facts, gen: 0, ...never };

    expect(await users().insert(user)).toEqual(expected);
    expect(await users().findCredentials({ email: user.email })).toEqual({ user: expected, passwordHash });
    expect(await users().findCredentials({ username: user.username! })).toEqual({
      user: expected,
      passwordHash,
    });
  });

  it('keeps names as they were typed', async () => {
    const typed = {
      email: `Ann.O'Neill+${made}@Corp.Test`,
      username: `Ren\u00e9 ${made}`,
      fullName: `"Ann" \\ 🙂 %s`,
    };
    const inserted = await users().insert(aUser(typed));

    expect(inserted).toMatchObject(typed);
  });

  it('allows any number of users without a username', async () => {
    await users().insert(aUser({ username: null }));

    await expect(users().insert(aUser({ username: null, fullName: null }))).resolves.toMatchObject({
      username: null,
      fullName: null,
    });
  });

  it('finds nobody under a name that nobody has', async () => {
    expect(await users().findCredentials({ email: 'nobody@corp.test' })).toBeNull();
    expect(await users().findCredentials({ username: 'nobody' })).toBeNull();
    expect(await users().findCredentials({ email: '' })).toBeNull();
  });

  it('does not find an e-mail address by username or the reverse', async () => {
    const user = await users().insert(aUser({ username: 'someone@corp.test' }));

    expect(await users().findCredentials({ email: 'someone@corp.test' })).toBeNull();
    expect(await users().findCredentials({ username: user.email })).toBeNull();
  });

  it.each([
    ['another case', (email: string) => email.toUpperCase()],
    ['blanks around it', (email: string) => `  ${email} `],
    ['the decomposed form', (email: string) => email.normalize('NFD')],
  ])('takes an address in %s for the same account', async (_what, spell) => {
    const user = await users().insert(aUser({ email: `ren\u00e9${made}@corp.test` }));

    expect((await users().findCredentials({ email: spell(user.email) }))?.user.id).toBe(user.id);
    await expect(users().insert(aUser({ email: spell(user.email) }))).rejects.toThrow(EmailTakenError);
  });

  it('takes a username in another case or composition for the same account', async () => {
    const user = await users().insert(aUser({ username: `Ren\u00e9-${made}` }));
    const other = `REN\u00c9-${made - 1}`.normalize('NFD');

    expect((await users().findCredentials({ username: other }))?.user.id).toBe(user.id);
    await expect(users().insert(aUser({ username: other }))).rejects.toThrow(UsernameTakenError);
  });

  it('v5.0.0-15.4.2 lets one of several registrations of one address win, however they race', async () => {
    const email = `race${made}@corp.test`;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, () => users().insert(aUser({ email }))),
    );
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');

    expect(lost).toHaveLength(5);
    expect(lost.every(({ reason }) => reason instanceof EmailTakenError)).toBe(true);
  });

  it('v5.0.0-15.4.2 lets one of several registrations of one username win, however they race', async () => {
    const username = `race${made}`;
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, () => users().insert(aUser({ username }))),
    );
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');

    expect(lost).toHaveLength(5);
    expect(lost.every(({ reason }) => reason instanceof UsernameTakenError)).toBe(true);
  });

  it('locks a user and shows the state under the lock; an unknown user is null', async () => {
    const user = await users().insert(aUser());
    const locked = await subject().work.run(() => users().lock(user.id));

    expect(locked).toEqual({ user, passwordHash: '$argon2id$first' });
    expect(await subject().work.run(() => users().lock(aUser().id))).toBeNull();
  });

  it('makes whoever locks the same user wait for the end of the work before', async () => {
    const user = await users().insert(aUser());
    const seen: number[] = [];
    const bump = (): Promise<void> =>
      subject().work.run(async () => {
        const locked = await users().lock(user.id);
        seen.push(locked!.user.gen);
        await users().nextGeneration(user.id, createdAt);
      });
    await Promise.all([bump(), bump(), bump(), bump()]);

    expect(seen).toEqual([0, 1, 2, 3]);
  });

  it('starts a new generation each time, for this user only', async () => {
    const [user, other] = [await users().insert(aUser()), await users().insert(aUser())];

    expect(await users().nextGeneration(user.id, createdAt)).toBe(1);
    expect(await users().nextGeneration(user.id, createdAt)).toBe(2);
    expect((await users().findCredentials({ email: user.email }))?.user.gen).toBe(2);
    expect((await users().findCredentials({ email: other.email }))?.user.gen).toBe(0);
  });

  it('changes what is named and leaves the rest', async () => {
    const [user, other] = [await users().insert(aUser()), await users().insert(aUser())];
    const at = new Date('2026-02-03T04:05:06.789Z');

    expect(await users().update(user.id, { fullName: 'Bea' }, at)).toEqual({ ...user, fullName: 'Bea' });
    const email = `changed${made}@corp.test`;
    const changed = await users().update(user.id, { email, username: null, fullName: null }, at);
    expect(changed).toEqual({ ...user, email, username: null, fullName: null });
    expect(await users().find(user.id)).toEqual(changed);
    expect(await users().findCredentials({ email: user.email })).toBeNull();
    expect(await users().findCredentials({ username: user.username! })).toBeNull();
    expect(await users().find(other.id)).toEqual(other);
  });

  it('lets nobody take the name of another, in any spelling, and everybody spell the own anew', async () => {
    const [user, other] = [await users().insert(aUser()), await users().insert(aUser())];
    const change = (wish: UserChange) => users().update(user.id, wish, createdAt);

    await expect(change({ email: other.email.toUpperCase() })).rejects.toThrow(EmailTakenError);
    await expect(change({ username: other.username!.toUpperCase() })).rejects.toThrow(UsernameTakenError);
    const own = { email: user.email.toUpperCase(), username: user.username!.toUpperCase() };
    expect(await change(own)).toMatchObject(own);
  });

  it('v5.0.0-15.4.2 lets one of several users win a name, however they race', async () => {
    const racers = await Promise.all(Array.from({ length: 6 }, () => users().insert(aUser())));
    const email = `won${made}@corp.test`;
    const outcomes = await Promise.allSettled(
      racers.map(({ id }) => users().update(id, { email }, createdAt)),
    );
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');

    expect(lost).toHaveLength(5);
    expect(lost.every(({ reason }) => reason instanceof EmailTakenError)).toBe(true);
  });

  it('records the last sign-in', async () => {
    const user = await users().insert(aUser());
    await users().recordLogin(user.id, new Date('2026-02-03T04:05:06.789Z'));

    expect((await users().findCredentials({ email: user.email }))?.user.lastLoginAt).toEqual(
      new Date('2026-02-03T04:05:06.789Z'),
    );
  });

  it('replaces a password hash that is still the expected one', async () => {
    const user = await users().insert(aUser());
    await users().replacePasswordHash(user.id, {
      expected: '$argon2id$first',
      replacement: '$argon2id$second',
    });

    expect((await users().findCredentials({ email: user.email }))?.passwordHash).toBe('$argon2id$second');
  });

  it('leaves a password hash alone that has changed meanwhile', async () => {
    const user = await users().insert(aUser({ passwordHash: '$argon2id$changed' }));
    await users().replacePasswordHash(user.id, {
      expected: '$argon2id$first',
      replacement: '$argon2id$second',
    });

    expect((await users().findCredentials({ email: user.email }))?.passwordHash).toBe('$argon2id$changed');
  });

  it('leaves nothing of a user whose registration is rolled back', async () => {
    const user = aUser();
    const registration = subject().work.run(async () => {
      await users().insert(user);
      throw new Error('no');
    });

    await expect(registration).rejects.toThrow('no');
    expect(await users().findCredentials({ email: user.email })).toBeNull();
  });

  it('v5.0.0-6.3.2 has no administrator until one is made', async () => {
    expect(await users().hasAdministrator()).toBe(false);
    await users().insert(aUser({ role: 'admin' }));
    expect(await users().hasAdministrator()).toBe(true);
  });

  it.each([`'; drop table users; --`, `" or "1"="1`, '$1', '%', '\\', `ann@corp.test'--`])(
    'v5.0.0-1.2.4 takes %j for a name and nothing else',
    async (name) => {
      const user = await users().insert(
        aUser({ username: `${name}${made}`, email: `${name}${made}@corp.test` }),
      );

      expect((await users().findCredentials({ username: user.username! }))?.user.id).toBe(user.id);
      expect((await users().findCredentials({ email: user.email }))?.user.id).toBe(user.id);
      expect(await users().findCredentials({ username: name })).toBeNull();
    },
  );

  it('names the enabled administrators, whose rows are held until the unit of work is over', async () => {
    const { users: repository, work } = subject();
    const [first, second] = [
      await users().insert(aUser({ role: 'admin' })),
      await users().insert(aUser({ role: 'admin' })),
    ];
    await users().setDisabled(second.id, createdAt, createdAt);
    const enabled = (): Promise<UserId[]> => work.run(() => repository.lockAdministrators());

    expect(await enabled()).toContain(first.id);
    expect(await enabled()).not.toContain(second.id);
    await users().setRole(first.id, 'user', createdAt);
    expect(await enabled()).not.toContain(first.id);
  });

  it('remembers that another password has to be chosen until it is', async () => {
    const { id } = await users().insert(aUser());
    await users().setPasswordChangeRequired(id, createdAt);
    expect(await users().find(id)).toMatchObject({ passwordChangeRequiredAt: createdAt });
    await users().setPasswordChangeRequired(id, null);
    expect(await users().find(id)).toMatchObject({ passwordChangeRequiredAt: null });
  });
}
