import { AccountControl } from '@app/auth';
import type { SessionId, UserId } from '@app/kernel';
import { type EndReason, SessionAuthority } from '@app/sessions';
import { FakeClock } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { inWords } from '../support/expectations.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const [second, hour, day] = [1_000, 3_600_000, 86_400_000];
const clock = new FakeClock(noon);
const operator = { by: null, note: null };
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock });
});

beforeEach(() => clock.set(noon));

/** Somebody with two devices, of which the first is about to be over. */
interface Story {
  readonly device: SignedInDevice;
  readonly other: SignedInDevice;
}

/** Each by the path that causes it. */
const causes: Record<EndReason, (story: Story) => Promise<unknown>> = {
  signout: ({ device }) => device.post('/auth/signout').expect(200),
  terminated: ({ device, other }) => other.delete(`/sessions/${device.sessionId}`).expect(200),
  signout_all: ({ other }) => other.post('/auth/logout-all').expect(200),
  limit: async ({ device }) => {
    for (let count = 0; count < 4; count += 1) await api.signIn(device.person);
  },
  replaced: ({ device }) => device.post('/auth/step-up', { password: device.person.password }).expect(200),
  password_change: ({ other }) => {
    const passwords = {
      current_password: other.person.password,
      new_password: 'some other words of a phrase',
    };
    return other.put('/auth/profile/password', passwords).expect(200);
  },
  admin: ({ device: { sessionId, userId } }) =>
    api.app
      .get(SessionAuthority, { strict: false })
      .end(sessionId as SessionId, { userId: userId as UserId }, 'admin'),
  user_disabled: ({ device }) =>
    api.app.get(AccountControl, { strict: false }).disable(device.userId as UserId, operator),
  refresh_reuse: async ({ device }) => {
    await api.refresh(device.refreshToken).expect(200);
    clock.advance(60 * second);
    await api.refresh(device.refreshToken).expect(401);
  },
  expired_idle: async () => clock.advance(12 * hour),
  expired_absolute: async ({ device }) => {
    let { refreshToken } = device;
    for (let elapsed = 0; elapsed < 7 * day - 10 * hour; elapsed += 10 * hour) {
      clock.advance(10 * hour);
      refreshToken = (await api.refresh(refreshToken).expect(200)).body.data.refresh_token;
    }
    clock.set(new Date(noon.getTime() + 7 * day));
  },
};

describe.each(Object.entries(causes) as [EndReason, (story: Story) => Promise<unknown>][])(
  'the end of a session by %s',
  (reason, cause) => {
    it('is told to who holds a token of it, at once and a day later, and to nobody else', async () => {
      const device = await api.register();
      clock.advance(second);
      const other = await api.signIn(device.person);
      clock.advance(second);
      await cause({ device, other });
      const code = reason.startsWith('expired_') ? 'SESSION_EXPIRED' : 'SESSION_ENDED';
      const answer = `401 ${code} ${reason}`;
      const first = await device.get('/auth/session');
      const told = { at: first.body.ended_at, access: inWords(first) };
      expect(told).toEqual({ at: expect.stringMatching(/^2026-03-/), access: answer });
      for (const later of [0, day]) {
        clock.advance(later);
        const replies = [
          await device.get('/auth/session'),
          await device.delete('/sessions'),
          await api.refresh(device.refreshToken),
        ];
        expect(replies.map(inWords)).toEqual([answer, answer, answer]);
        expect(replies.map(({ body }) => body.ended_at)).toEqual([told.at, told.at, told.at]);
        const out = await device.post('/auth/signout').expect(200);
        expect(out.body.data).toMatchObject({ end_reason: reason, ended_at: told.at });
      }
      expect(inWords(await api.as(`${device.token.slice(0, -4)}AAAA`).get('/auth/session'))).toBe(
        '401 TOKEN_INVALID',
      );
    });
  },
);
