import { SessionLimitReachedError } from '@app/sessions';
import { FakeClock } from '@app/testing';
import { sql } from 'drizzle-orm';
import { InvalidCredentialsError, SignIn } from '../src/index.js';
import { minutes, onEachStore, password } from './account.js';
import { startInstance, wish, writersOf } from './installation.js';

onEachStore(({ database, run, setup }) => {
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
      const stronger = await startInstance(database(), new FakeClock(), { passwords: { iterations: 2 } });
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
      expect(await writersOf(database(), 'sessions', 'id', session.id)).toEqual([created!.xid]);
      expect(await writersOf(database(), 'users', 'id', user.id)).toEqual([created!.xid]);
    });
  });
});
