import type { SessionId, TokenId } from '@app/kernel';
import { Database, ServerDriver } from '@app/postgres';
import { SessionLimitReachedError } from '@app/sessions';
import {
  createMigratedDatabase,
  FakeClock,
  type OpenStore,
  openStores,
  type TestDatabase,
} from '@app/testing';
import { EmailTakenError } from '@app/users';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import {
  AccountControl,
  FirstAdministratorSetup,
  InvalidCredentialsError,
  PasswordRefusedError,
  Registration,
  SessionCheck,
  SessionEndedError,
  SessionExpiredError,
  SignIn,
  SignOut,
  TokenExpiredError,
  TokenInvalidError,
  TokenRevokedError,
} from '../src/index.js';
import { DrizzleStandingReader } from '../src/infrastructure/postgres/drizzle-standing-reader.js';
import { standingReaderContract } from '../src/testing/standing-reader-contract.js';
import {
  eventsOf,
  type Instance,
  lifetimes,
  startInstance,
  stopInstances,
  wish,
  writersOf,
} from './installation.js';

const password = 'quiet blue lamp';
const minutes = (count: number): number => count * 60_000;
let made = 0;

describe.each(openStores)('on %s', (_driver, open) => {
  let store: OpenStore;

  beforeAll(async () => {
    store = await open();
  });

  afterEach(stopInstances);

  afterAll(() => store.close());

  const run = async (statement: ReturnType<typeof sql>): Promise<void> => {
    await store.database.query((orm) => orm.execute(statement));
  };

  /** An instance and a registered user without a session. */
  async function setup(overrides: Parameters<typeof startInstance>[2] = {}) {
    const clock = new FakeClock();
    const instance = await startInstance(store.database, clock, overrides);
    made += 1;
    const account = { email: `ann${made}@corp.test`, username: `ann${made}`, fullName: 'Ann Lee', password };
    const { user, session } = await instance.registration.register(account, wish);
    await instance.authority.end(session.id, { userId: user.id }, 'signout');
    await run(sql`delete from event_log where user_id = ${user.id}`);
    const signIn = (by: Instance = instance) =>
      by.signIn.withPassword({ email: account.email }, password, wish);
    const live = async (): Promise<SessionId[]> =>
      (await instance.authority.list(user.id)).map(({ id }) => id);
    const events = () => eventsOf(store.database, user.id);
    /** As a change of the password will do it: new hash, next generation. */
    const changePassword = async (): Promise<void> => {
      const passwordHash = await instance.hasher.hash('another blue lamp');
      await run(sql`update users set password_hash = ${passwordHash}, gen = gen + 1 where id = ${user.id}`);
    };
    return { ...instance, instance, account, user, signInNow: signIn, live, events, changePassword };
  }

  describe(DrizzleStandingReader.name, () => {
    standingReaderContract(() => ({
      reader: new DrizzleStandingReader(store.database, new FakeClock(), 'alert'),
      aSession: async () => {
        const { signInNow } = await setup();
        return signInNow();
      },
      end: async (session) => {
        const { authority } = await startInstance(store.database, new FakeClock(session.createdAt));
        return authority.end(session.id, { userId: session.userId }, 'terminated');
      },
      revokeToken: async (tokenId, { user, session }) => {
        const { revokedTokens } = await startInstance(store.database, new FakeClock());
        await revokedTokens.revoke({
          tokenId,
          userId: user.id,
          sessionId: session.id,
          expiresAt: new Date(session.createdAt.getTime() + minutes(10)),
        });
      },
      disable: ({ id }, at) =>
        run(sql`
          update users set disabled_at = ${at.toISOString()}, gen = gen + 1, role = 'admin' where id = ${id}`),
    }));
  });

  describe(SignIn.name, () => {
    it('gives whoever proves the password a session and tokens that belong to it', async () => {
      const { accessTokens, clock, live, refreshTokens, signInNow, user, users, account } = await setup();
      const { session, accessToken, refreshToken } = await signInNow();

      expect(await live()).toEqual([session.id]);
      expect(accessTokens.verify(accessToken.text)).toMatchObject({
        kind: 'valid',
        claims: { userId: user.id, sessionId: session.id, tokenId: accessToken.tokenId },
      });
      expect(refreshTokens.parse(refreshToken)).toEqual({ sessionId: session.id, generation: 0 });
      expect(
        refreshTokens.isGenuine(refreshToken, { sessionId: session.id, generation: 0 }, session.refreshNonce),
      ).toBe(true);
      expect((await users.findCredentials({ email: account.email }))?.user.lastLoginAt).toEqual(clock.now());
    });

    it('takes the username as well as the e-mail address, in any spelling', async () => {
      const { account, live, signIn } = await setup();
      await signIn.withPassword({ username: account.username.toUpperCase() }, password, wish);
      await signIn.withPassword({ email: ` ${account.email.toUpperCase()} ` }, password, wish);

      expect(await live()).toHaveLength(2);
    });

    it('v5.0.0-6.3.8 refuses an unknown account, a wrong password and a disabled account in the same words', async () => {
      const { account, events, live, signIn, user } = await setup();
      const attempt = (email: string, typed: string): Promise<unknown> =>
        signIn.withPassword({ email }, typed, wish).catch((error: unknown) => error);
      const unknown = await attempt('nobody@corp.test', password);
      const wrong = await attempt(account.email, 'quiet blue lamb');
      await run(sql`update users set disabled_at = now() where id = ${user.id}`);
      const disabled = await attempt(account.email, password);

      expect(unknown).toBeInstanceOf(InvalidCredentialsError);
      expect(wrong).toEqual(unknown);
      expect(disabled).toEqual(unknown);
      expect(await live()).toEqual([]);
      expect((await events()).filter(({ type }) => type !== 'signin.failed')).toEqual([]);
    });

    it('v5.0.0-2.3.4 v5.0.0-2.3.2 leaves exactly five sessions after twenty sign-ins at once', async () => {
      const { events, live, signInNow } = await setup();
      const signedIn = await Promise.all(Array.from({ length: 20 }, () => signInNow()));

      const survivors = await live();
      const ended = (await events()).filter(({ type }) => type === 'session.ended');
      expect(survivors).toHaveLength(5);
      expect(signedIn.map(({ session }) => session.id)).toEqual(expect.arrayContaining(survivors));
      expect(ended).toHaveLength(15);
      expect(new Set(ended.map(({ reason }) => reason))).toEqual(new Set(['limit']));
      expect((await events()).filter(({ type }) => type === 'session.created')).toHaveLength(20);
    });

    it('v5.0.0-2.3.4 lets exactly five of twenty in at once when the policy is deny', async () => {
      const { events, live, signInNow } = await setup({ sessions: { limitPolicy: 'deny' } });
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => signInNow()));
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');

      expect(refused).toHaveLength(15);
      expect(refused.every(({ reason }) => reason instanceof SessionLimitReachedError)).toBe(true);
      expect(await live()).toHaveLength(5);
      expect(await events()).toHaveLength(5);
    });

    it('evict_idle keeps what is in use', async () => {
      const { clock, live, signInNow } = await setup({ sessions: { limit: 2, limitPolicy: 'evict_idle' } });
      const first = (await signInNow()).session.id;
      clock.advance(minutes(1));
      await signInNow();
      clock.advance(minutes(1));
      await run(sql`update sessions set last_access_at = ${clock.now().toISOString()} where id = ${first}`);
      const third = (await signInNow()).session.id;

      expect(new Set(await live())).toEqual(new Set([first, third]));
    });

    it('v5.0.0-15.4.2 gives no session for a password that was changed between its check and the lock', async () => {
      const { changePassword, events, hasher, live, signInNow, user, users, account } = await setup();
      hasher.afterVerify = changePassword;
      const attempt = signInNow();

      await expect(attempt).rejects.toThrow(InvalidCredentialsError);
      expect(await live()).toEqual([]);
      expect(await events()).toEqual([]);
      expect((await users.findCredentials({ email: account.email }))?.user.gen).toBe(user.gen + 1);
    });

    it('v5.0.0-7.4.2 gives no session to a user who was disabled between check and lock', async () => {
      const { hasher, live, signInNow, user } = await setup();
      hasher.afterVerify = () => run(sql`update users set disabled_at = now() where id = ${user.id}`);

      await expect(signInNow()).rejects.toThrow(InvalidCredentialsError);
      expect(await live()).toEqual([]);
    });

    it('gives no session to a user who was deleted between check and lock', async () => {
      const { hasher, signInNow, user } = await setup();
      hasher.afterVerify = () => run(sql`delete from users where id = ${user.id}`);

      await expect(signInNow()).rejects.toThrow(InvalidCredentialsError);
    });

    it('gives a live session although everything else was signed out between check and lock', async () => {
      const { check, hasher, signInNow, signOut, user } = await setup();
      hasher.afterVerify = async () => void (await signOut.everywhere(user.id));
      const { accessToken, session } = await signInNow();

      expect(session.gen).toBe(1);
      await expect(check.authenticate(accessToken.text)).resolves.toMatchObject({
        principal: { session: { id: session.id } },
      });
    });

    it('gives a session although a parallel sign-in renewed the hash of the same password', async () => {
      const { hasher, live, signInNow, user } = await setup();
      hasher.afterVerify = async () =>
        run(sql`update users set password_hash = ${await hasher.hash(password)} where id = ${user.id}`);
      await signInNow();

      expect(await live()).toHaveLength(1);
    });

    it('v5.0.0-11.2.2 renews the stored hash at the next sign-in once the parameters have grown', async () => {
      const { account, signInNow, users } = await setup();
      const stronger = await startInstance(store.database, new FakeClock(), { passwords: { iterations: 2 } });
      await signInNow(stronger);
      const renewed = (await users.findCredentials({ email: account.email }))?.passwordHash;

      expect(renewed).toContain('$m=8,t=2,p=1$');
      await signInNow(stronger);
      expect((await users.findCredentials({ email: account.email }))?.passwordHash).toBe(renewed);
    });

    it('v5.0.0-2.3.3 writes session, event and last sign-in in one transaction', async () => {
      const { events, signInNow, user } = await setup();
      const { session } = await signInNow();
      const [created] = await events();

      expect(created).toMatchObject({ type: 'session.created', sessionId: session.id });
      expect(await writersOf(store.database, 'sessions', 'id', session.id)).toEqual([created!.xid]);
      expect(await writersOf(store.database, 'users', 'id', user.id)).toEqual([created!.xid]);
    });
  });

  describe(AccountControl.name, () => {
    it('ends every session on behalf of an administrator and says so to their holders', async () => {
      const { accounts, check, signInNow, user, live } = await setup();
      const [first] = [await signInNow(), await signInNow()];

      expect(await accounts.signOut(user.id, null)).toEqual({ count: 2, propagation: 'complete' });
      await expect(check.authenticate(first.accessToken.text)).rejects.toMatchObject({
        facts: { end_reason: 'admin' },
      });
      await signInNow();
      expect(await live()).toHaveLength(1);
    });

    it('v5.0.0-7.4.2 ends every session of a disabled account and lets nobody in until it is enabled', async () => {
      const { accounts, check, events, signInNow, user, live } = await setup();
      const [first] = [await signInNow(), await signInNow()];
      const ended = await accounts.disable(user.id, null);

      expect(ended).toEqual({ count: 2, propagation: 'complete' });
      await expect(check.authenticate(first.accessToken.text)).rejects.toMatchObject({
        facts: { end_reason: 'user_disabled' },
      });
      await expect(signInNow()).rejects.toThrow(InvalidCredentialsError);
      await accounts.enable(user.id, null);
      expect(await live()).toEqual([]);
      await signInNow();
      expect(await live()).toHaveLength(1);
      expect((await events()).map(({ type }) => type)).toEqual(
        expect.arrayContaining(['user.disabled', 'user.sessions_revoked', 'user.enabled']),
      );
    });
  });

  describe(Registration.name, () => {
    it('creates user, session and events in one transaction', async () => {
      const { registration } = await setup();
      const { user, session } = await registration.register(
        { email: 'new@corp.test', password, username: null, fullName: null },
        wish,
      );
      const events = await eventsOf(store.database, user.id);

      expect(events.map(({ type, sessionId }) => [type, sessionId])).toEqual([
        ['user.created', null],
        ['session.created', session.id],
      ]);
      expect(new Set(events.map(({ xid }) => xid))).toEqual(
        new Set(await writersOf(store.database, 'sessions', 'id', session.id)),
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
      const orphans = await store.database.query((orm) =>
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

  describe(SessionCheck.name, () => {
    it('names the bearer of a live session', async () => {
      const { check, signInNow, user } = await setup();
      const { accessToken, session } = await signInNow();

      expect(await check.authenticate(accessToken.text)).toMatchObject({
        principal: {
          user: { id: user.id, email: user.email, role: 'user' },
          session: { id: session.id },
          tokenId: accessToken.tokenId,
        },
        mode: 'normal',
      });
    });

    it('v5.0.0-9.2.1 refuses an expired token of a live session, and lets nobody in with it', async () => {
      const { check, clock, signInNow } = await setup();
      const { accessToken } = await signInNow();
      clock.advance(minutes(10));

      await expect(check.authenticate(accessToken.text)).rejects.toThrow(TokenExpiredError);
    });

    it('v5.0.0-7.4.1 refuses a session from the moment its end was answered, and says how it ended', async () => {
      const { authority, check, clock, signInNow, user } = await setup();
      const { accessToken, session } = await signInNow();
      await check.authenticate(accessToken.text);
      await authority.end(session.id, { userId: user.id }, 'terminated');
      const refused = check.authenticate(accessToken.text);

      await expect(refused).rejects.toThrow(SessionEndedError);
      await expect(refused).rejects.toMatchObject({
        facts: { end_reason: 'terminated', ended_at: clock.now().toISOString() },
      });
    });

    it('explains an ended session rather than the expiry of its token', async () => {
      const { authority, check, clock, signInNow, user } = await setup();
      const { accessToken, session } = await signInNow();
      await authority.end(session.id, { userId: user.id }, 'terminated');
      clock.advance(minutes(20));

      await expect(check.authenticate(accessToken.text)).rejects.toThrow(SessionEndedError);
    });

    it('v5.0.0-7.3.1 tells that the session timed out', async () => {
      const { check, clock, signInNow } = await setup({
        sessions: { lifetimes: lifetimes({ standard: { idleSeconds: 300, absoluteSeconds: 3_600 } }) },
      });
      const { accessToken } = await signInNow();
      clock.advance(minutes(5));
      const refused = check.authenticate(accessToken.text);

      await expect(refused).rejects.toThrow(SessionExpiredError);
      await expect(refused).rejects.toMatchObject({ facts: { end_reason: 'expired_idle' } });
    });

    it('refuses a token revoked by itself, and accepts another of the same session', async () => {
      const { accessTokens, check, clock, revokedTokens, signInNow, user } = await setup();
      const { accessToken, session } = await signInNow();
      const other = accessTokens.issue({
        userId: user.id,
        sessionId: session.id,
        tokenId: 'another-token-id-22-ch' as TokenId,
        authenticatedAt: clock.now(),
        notAfter: session.expiresAt,
      });
      await revokedTokens.revoke({
        tokenId: accessToken.tokenId,
        userId: user.id,
        sessionId: session.id,
        expiresAt: session.expiresAt,
      });

      await expect(check.authenticate(accessToken.text)).rejects.toThrow(TokenRevokedError);
      await expect(check.authenticate(other.text)).resolves.toMatchObject({
        principal: { tokenId: other.tokenId },
      });
    });

    it('RFC 8725 §3.8 refuses the token of a user who was deleted', async () => {
      const { check, signInNow, user } = await setup();
      const { accessToken } = await signInNow();
      await run(sql`delete from users where id = ${user.id}`);

      await expect(check.authenticate(accessToken.text)).rejects.toThrow(SessionEndedError);
    });

    it('refuses a session of an older generation that no revocation reached', async () => {
      const { changePassword, check, signInNow } = await setup();
      const { accessToken } = await signInNow();
      await changePassword();

      await expect(check.authenticate(accessToken.text)).rejects.toThrow(SessionEndedError);
    });

    it('refuses what is no token of ours', async () => {
      const { check } = await setup();

      await expect(check.authenticate('not a token')).rejects.toThrow(TokenInvalidError);
    });
  });

  describe(SignOut.name, () => {
    it('ends the session of a token, with its event', async () => {
      const { events, live, signInNow, signOut } = await setup();
      const { accessToken, session } = await signInNow();
      await signInNow();

      expect(await signOut.ofToken(accessToken.text)).toMatchObject({ reason: 'signout' });
      expect(await live()).not.toContain(session.id);
      expect(await live()).toHaveLength(1);
      expect((await events()).at(-1)).toMatchObject({
        type: 'session.ended',
        sessionId: session.id,
        reason: 'signout',
      });
    });

    it('signs out with an expired token too, and a second time without complaint', async () => {
      const { clock, events, signInNow, signOut } = await setup();
      const { accessToken } = await signInNow();
      clock.advance(minutes(11));
      const end = await signOut.ofToken(accessToken.text);
      clock.advance(minutes(1));

      expect(await signOut.ofToken(accessToken.text)).toEqual(end);
      expect(await events()).toHaveLength(2);
    });

    it('is done already when the session has been purged', async () => {
      const { signInNow, signOut } = await setup();
      const { accessToken, session } = await signInNow();
      await run(sql`delete from sessions where id = ${session.id}`);

      await expect(signOut.ofToken(accessToken.text)).resolves.toMatchObject({ reason: 'signout' });
    });

    it('refuses what is no token of ours', async () => {
      const { signOut } = await setup();

      await expect(signOut.ofToken('not a token')).rejects.toThrow(TokenInvalidError);
    });

    it('v5.0.0-2.3.3 everywhere: ends all sessions and starts a generation, in one transaction with the events', async () => {
      const { check, events, live, signInNow, signOut, user } = await setup();
      const tokens = [(await signInNow()).accessToken, (await signInNow()).accessToken];

      expect(await signOut.everywhere(user.id)).toEqual({ count: 2, propagation: 'complete' });
      expect(await live()).toEqual([]);
      const revocation = (await events()).slice(-3);
      expect(revocation.map(({ type }) => type)).toEqual([
        'session.ended',
        'session.ended',
        'user.sessions_revoked',
      ]);
      expect(revocation[2]).toMatchObject({ gen: 1, reason: 'signout_all' });
      expect(new Set(revocation.map(({ xid }) => xid))).toEqual(
        new Set(await writersOf(store.database, 'users', 'id', user.id)),
      );
      for (const { text } of tokens)
        await expect(check.authenticate(text)).rejects.toThrow(SessionEndedError);
    });

    it('everywhere: leaves other users alone', async () => {
      const mine = await setup();
      const theirs = await setup();
      await theirs.signInNow();
      await mine.signOut.everywhere(mine.user.id);

      expect(await theirs.live()).toHaveLength(1);
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
      expect((await eventsOf(store.database, credentials!.user.id)).map(({ type }) => type)).toEqual([
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

describe('several instances on one server', () => {
  let home: TestDatabase;
  let databases: Database[];

  beforeAll(async () => {
    home = await createMigratedDatabase();
    // Dropping the database may meet connections that are still saying goodbye.
    databases = [1, 2, 3].map(() => new Database(new ServerDriver(home.url, 10, () => undefined)));
  });

  afterEach(stopInstances);

  afterAll(async () => {
    await Promise.all(databases.map((database) => database.close()));
    await home.drop();
  });

  it('P4 v5.0.0-2.3.4 leave exactly five sessions of one user after thirty sign-ins at once', async () => {
    const clock = new FakeClock();
    const fleet = await Promise.all(databases.map((database) => startInstance(database, clock)));
    const [first] = fleet;
    const { user } = await first!.registration.register(
      { email: 'ann@corp.test', password, username: null, fullName: null },
      wish,
    );
    await Promise.all(
      Array.from({ length: 10 }, () =>
        fleet.map((instance) => instance.signIn.withPassword({ email: 'ann@corp.test' }, password, wish)),
      ).flat(),
    );
    const ended = (await eventsOf(databases[0]!, user.id)).filter(({ type }) => type === 'session.ended');

    expect(await first!.authority.count(user.id)).toBe(5);
    expect(ended.map(({ reason }) => reason)).toEqual(Array<string>(26).fill('limit'));
  });

  it('P3 read how a session stands with one prepared statement', async () => {
    const { reader, registration } = await startInstance(databases[0]!, new FakeClock());
    const { session } = await registration.register(
      { email: 'bob@corp.test', password, username: null, fullName: null },
      wish,
    );
    const sent = jest.spyOn(pg.Client.prototype, 'query');
    await reader.read(session.id);
    await reader.read(session.id);
    const names = sent.mock.calls
      .map(([config]) => (config as { name?: string }).name)
      // What is asked on each new connection has no name.
      .filter((name) => name !== undefined);
    sent.mockRestore();

    expect(names).toEqual(['session_standing', 'session_standing']);
  });
});
