import type { TokenId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { sql } from 'drizzle-orm';
import {
  SessionCheck,
  SessionEndedError,
  SessionExpiredError,
  TokenExpiredError,
  TokenInvalidError,
  TokenRevokedError,
} from '../src/index.js';
import { DrizzleStandingReader } from '../src/infrastructure/postgres/drizzle-standing-reader.js';
import { standingReaderContract } from '../src/testing/standing-reader-contract.js';
import { minutes, onEachStore } from './account.js';
import { lifetimes, startInstance } from './installation.js';

onEachStore(({ database, run, setup }) => {
  describe(DrizzleStandingReader.name, () => {
    standingReaderContract(() => ({
      reader: new DrizzleStandingReader(database(), new FakeClock(), 'alert'),
      aSession: async () => {
        const { signInNow } = await setup();
        return signInNow();
      },
      end: async (session) => {
        const { authority } = await startInstance(database(), new FakeClock(session.createdAt));
        return authority.end(session.id, { userId: session.userId }, 'terminated');
      },
      revokeToken: async (tokenId, { user, session }) => {
        const { revokedTokens } = await startInstance(database(), new FakeClock());
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
});
