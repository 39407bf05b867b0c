import type { UserId } from '@app/kernel';
import { EmailTakenError, UserNotFoundError } from '@app/users';
import { sql } from 'drizzle-orm';
import {
  AccountControl,
  FirstAdministratorSetup,
  InvalidCredentialsError,
  PasswordRefusedError,
  Registration,
} from '../src/index.js';
import { onEachStore, operator, password } from './account.js';
import { eventsOf, wish, writersOf } from './installation.js';

onEachStore(({ database, run, setup }) => {
  describe(AccountControl.name, () => {
    it('ends every session on behalf of an administrator and says so to their holders', async () => {
      const { accounts, check, signInNow, user, live } = await setup();
      const [first] = [await signInNow(), await signInNow()];

      expect(await accounts.signOut(user.id, operator)).toEqual({ count: 2, propagation: 'complete' });
      await expect(check.authenticate(first.accessToken.text)).rejects.toMatchObject({
        facts: { end_reason: 'admin' },
      });
      await signInNow();
      expect(await live()).toHaveLength(1);
    });

    it('v5.0.0-7.4.2 ends every session of a disabled account and lets nobody in until it is enabled', async () => {
      const { accounts, check, events, signInNow, user, live } = await setup();
      const [first] = [await signInNow(), await signInNow()];
      const ended = await accounts.disable(user.id, operator);

      expect(ended).toEqual({ count: 2, propagation: 'complete' });
      await expect(check.authenticate(first.accessToken.text)).rejects.toMatchObject({
        facts: { end_reason: 'user_disabled' },
      });
      await expect(signInNow()).rejects.toThrow(InvalidCredentialsError);
      await accounts.enable(user.id, operator);
      expect(await live()).toEqual([]);
      await signInNow();
      expect(await live()).toHaveLength(1);
      expect((await events()).map(({ type }) => type)).toEqual(
        expect.arrayContaining(['user.disabled', 'user.sessions_revoked', 'user.enabled']),
      );
    });
  });

  describe('an account that does not exist', () => {
    const nobody = '019a9f3e-7c41-7d1b-9a55-0000000000ff' as UserId;

    it.each(['signOut', 'disable', 'enable', 'requirePasswordChange'] as const)(
      'is said to be unknown by %s, and nothing is written',
      async (act) => {
        const { accounts } = await setup();
        await expect(accounts[act](nobody, operator)).rejects.toThrow(UserNotFoundError);
        expect(await eventsOf(database(), nobody)).toEqual([]);
      },
    );
  });

  describe(Registration.name, () => {
    it('creates user, session and events in one transaction', async () => {
      const { registration } = await setup();
      const { user, session } = await registration.register(
        { email: 'new@corp.test', password, username: null, fullName: null },
        wish,
      );
      const events = await eventsOf(database(), user.id);

      expect(events.map(({ type, sessionId }) => [type, sessionId])).toEqual([
        ['user.created', null],
        ['session.created', session.id],
      ]);
      expect(new Set(events.map(({ xid }) => xid))).toEqual(
        new Set(await writersOf(database(), 'sessions', 'id', session.id)),
      );
      expect(user).toMatchObject({ role: 'user', gen: 0 });
    });

    it('v5.0.0-15.4.2 lets one of several registrations of one address win and leaves nothing of the others', async () => {
      const { registration } = await setup();
      const account = { email: 'raced@corp.test', password, username: null, fullName: null };
      const outcomes = await Promise.allSettled(
        Array.from({ length: 5 }, () => registration.register(account, wish)),
      );
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');

      expect(won).toHaveLength(1);
      expect(lost.every(({ reason }) => reason instanceof EmailTakenError)).toBe(true);
      const orphans = await database().query((orm) =>
        orm
          .select({ id: sql<number>`event_log.id` })
          .from(sql`event_log left join users on users.id = event_log.user_id`)
          .where(sql`type = 'user.created' and users.id is null`),
      );
      expect(orphans).toEqual([]);
    });

    it('v5.0.0-6.2.11 refuses a password made of the account name before anything is written', async () => {
      const { registration, users } = await setup();
      const refused = registration.register(
        { email: 'maximilian@corp.test', password: 'maximilian-2026', username: null, fullName: null },
        wish,
      );

      await expect(refused).rejects.toThrow(PasswordRefusedError);
      expect(await users.findCredentials({ email: 'maximilian@corp.test' })).toBeNull();
    });
  });

  describe(FirstAdministratorSetup.name, () => {
    beforeEach(() => run(sql`delete from users`));

    it('v5.0.0-6.3.2 creates nobody unless given a password or allowed to make one', async () => {
      const { firstAdministrator, users } = await setup();

      expect(await firstAdministrator.ensure({ mayGenerate: false })).toBeNull();
      expect(await firstAdministrator.ensure({ email: 'root@corp.test', mayGenerate: false })).toBeNull();
      expect(await users.hasAdministrator()).toBe(false);
    });

    it('v5.0.0-6.4.1 makes a password of at least 128 random bits, another one each time, that signs in', async () => {
      const { firstAdministrator, signIn } = await setup();
      const first = await firstAdministrator.ensure({ mayGenerate: true });
      await run(sql`delete from users`);
      const second = await firstAdministrator.ensure({ mayGenerate: true });

      expect(first?.generatedPassword).toMatch(/^[\w-]{22,}$/);
      expect(second?.generatedPassword).not.toBe(first?.generatedPassword);
      const { user } = await signIn.withPassword({ email: second!.email }, second!.generatedPassword!, wish);
      expect(user.role).toBe('admin');
    });

    it('takes the given password, tells it to nobody and signs nobody in', async () => {
      const { firstAdministrator, users } = await setup();

      expect(
        await firstAdministrator.ensure({
          email: 'root@corp.test',
          password: 'four quiet words',
          mayGenerate: true,
        }),
      ).toEqual({ email: 'root@corp.test', generatedPassword: null });
      const credentials = await users.findCredentials({ email: 'root@corp.test' });
      expect((await eventsOf(database(), credentials!.user.id)).map(({ type }) => type)).toEqual([
        'user.created',
      ]);
    });

    it('creates no second one', async () => {
      const { firstAdministrator } = await setup();
      await firstAdministrator.ensure({ mayGenerate: true });

      expect(await firstAdministrator.ensure({ email: 'other@corp.test', mayGenerate: true })).toBeNull();
    });

    it('creates one when several instances start at once', async () => {
      const { firstAdministrator, users } = await setup();
      const created = await Promise.all(
        Array.from({ length: 4 }, () => firstAdministrator.ensure({ mayGenerate: true })),
      );

      expect(created.filter((each) => each !== null)).toHaveLength(1);
      expect(await users.hasAdministrator()).toBe(true);
    });
  });
});
