import { sql } from 'drizzle-orm';
import { SessionEndedError, SignOut, TokenInvalidError } from '../src/index.js';
import { minutes, onEachStore } from './account.js';
import { writersOf } from './installation.js';

onEachStore(({ database, run, setup }) => {
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
        new Set(await writersOf(database(), 'users', 'id', user.id)),
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
});
