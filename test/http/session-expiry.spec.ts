import { FakeClock } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';

const second = 1000;
const noon = new Date('2026-03-01T12:00:00.000Z');

/** Half a millisecond does not exist in JavaScript dates, so this is the last instant before a limit. */
const instant = 1;

const after = (seconds: number): string => new Date(noon.getTime() + seconds * second).toISOString();

describe('the access token', () => {
  const clock = new FakeClock(noon);
  let api: Api;

  beforeAll(async () => {
    api = await startApi({ clock });
  });

  beforeEach(() => clock.set(noon));

  it('expires at the exact second while its session lives on [v5.0.0-9.2.1]', async () => {
    const device = await api.register();
    clock.set(new Date(noon.getTime() + 600 * second - instant));
    await device.get('/auth/session').expect(200);
    clock.advance(instant);
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'TOKEN_EXPIRED' });
  });

  it('tells its holder after its own end how the session ended', async () => {
    const [device, other] = await twoDevices(api);
    await other.delete(`/sessions/${device.sessionId}`).expect(200);
    clock.set(new Date(noon.getTime() + (86_400 * second) / 3));
    expectProblem(await device.get('/auth/session'), {
      status: 401,
      code: 'SESSION_ENDED',
      end_reason: 'terminated',
      ended_at: after(0),
    });
  });

  it('tells its holder after its own end that the session timed out', async () => {
    const device = await api.register();
    clock.set(new Date(noon.getTime() + 30 * 86_400 * second));
    expectProblem(await device.get('/auth/session'), {
      status: 401,
      code: 'SESSION_EXPIRED',
      end_reason: 'expired_idle',
      ended_at: after(43_200),
    });
  });

  it('never outlives its session [v5.0.0-7.3.2]', async () => {
    const brief = await startApi({ clock, env: { SESSION_IDLE_TTL: '90', SESSION_ABSOLUTE_TTL: '90' } });
    const { reply } = await brief.register();
    expect(reply.body.data.expires_in).toBe(90);
  });
});

/** @see https://github.com/better-auth/better-auth/issues/10405 */
describe.each(['UTC', 'Asia/Kolkata', 'America/St_Johns'])(
  'a session in a database in %s',
  (databaseZone) => {
    const limits = [
      ['idle', { SESSION_IDLE_TTL: '300', SESSION_ABSOLUTE_TTL: '800' }, 300, 'expired_idle'],
      ['absolute', { SESSION_IDLE_TTL: '500', SESSION_ABSOLUTE_TTL: '500' }, 500, 'expired_absolute'],
    ] as const;

    /** @see https://github.com/better-auth/better-auth/issues/3035 */
    it.each(limits)(
      'ends at the exact second of its %s limit [v5.0.0-7.3.1, v5.0.0-7.3.2, WSTG-SESS-07, 63B-4 §5.2 timers]',
      async (_name, ttls, limit, reason) => {
        const clock = new FakeClock(noon);
        const api = await startApi({ clock, databaseZone, env: { ...ttls, ACCESS_TOKEN_TTL: '900' } });
        const device = await api.register();

        const witness = await api.register();

        clock.set(new Date(noon.getTime() + limit * second - instant));
        await witness.get('/auth/session').expect(200);
        clock.advance(instant);
        expectProblem(await device.get('/auth/session'), {
          status: 401,
          code: 'SESSION_EXPIRED',
          end_reason: reason,
          ended_at: after(limit),
        });

        const successor = await api.signIn(device.person);
        const { body } = await successor.get('/sessions').expect(200);
        expect(body.data.sessions.map((row: { id: string }) => row.id)).toEqual([successor.sessionId]);
        const again = await successor.delete(`/sessions/${device.sessionId}`).expect(200);
        expect(again.body.data).toMatchObject({ end_reason: reason, ended_at: after(limit) });
      },
    );
  },
);

describe('a change in the store', () => {
  const clock = new FakeClock(noon);
  let api: Api;

  beforeAll(async () => {
    api = await startApi({ clock });
  });

  beforeEach(() => clock.set(noon));

  it('refuses a token on the blacklist while its session lives', async () => {
    const [device, other] = await twoDevices(api);
    const { jti } = JSON.parse(Buffer.from(device.token.split('.')[1]!, 'base64url').toString());
    await api.sql(
      `insert into revoked_tokens (jti, user_id, session_id, expires_at) values ($1, $2, $3, $4)`,
      [jti, device.userId, device.sessionId, after(600)],
    );
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'TOKEN_REVOKED' });
    await other.get('/auth/session').expect(200);
  });

  it('refuses every session of a disabled user at the next request [v5.0.0-7.4.2]', async () => {
    const devices = await twoDevices(api);
    const bystander = await api.register();
    await api.sql(`update users set disabled_at = $2 where id = $1`, [devices[0].userId, after(30)]);
    clock.advance(60 * second);
    for (const device of devices) {
      expectProblem(await device.get('/auth/session'), {
        status: 401,
        code: 'SESSION_ENDED',
        end_reason: 'user_disabled',
        ended_at: after(30),
      });
    }
    await bystander.get('/auth/session').expect(200);
  });

  it('refuses sessions of an older generation and accepts those of the present one', async () => {
    const device = await api.register();
    await api.sql(`update users set gen = gen + 1 where id = $1`, [device.userId]);
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'SESSION_ENDED' });
    await (await api.signIn(device.person)).get('/auth/session').expect(200);
  });

  it('refuses a purged session without a reason, signs it out all the same, and finds no such session', async () => {
    const [purged, other] = await twoDevices(api);
    await api.sql(`delete from sessions where id = $1`, [purged.sessionId]);
    expectProblem(await purged.get('/auth/session'), { status: 401, code: 'SESSION_ENDED' });
    const { body } = await purged.post('/auth/signout').expect(200);
    expect(body.data).toMatchObject({ end_reason: 'signout', ended_at: after(0) });
    expectProblem(await other.delete(`/sessions/${purged.sessionId}`), { status: 404, code: 'NOT_FOUND' });
  });

  it('refuses the token of a user who no longer exists [RFC 8725 §3.8]', async () => {
    const device = await api.register();
    await api.sql(`delete from users where id = $1`, [device.userId]);
    expectProblem(await device.get('/auth/session'), { status: 401, code: 'SESSION_ENDED' });
  });

  it('refuses a token whose session belongs to somebody else by now [v5.0.0-2.2.3]', async () => {
    const [ann, bob] = [await api.register(), await api.register()];
    await api.sql(`update sessions set user_id = $2 where id = $1`, [ann.sessionId, bob.userId]);
    expectProblem(await ann.get('/auth/session'), { status: 401, code: 'SESSION_ENDED' });
  });

  it('applies a new role and name at the next request [v5.0.0-8.3.2]', async () => {
    const device = await api.register();
    await api.sql(`update users set role = 'admin', full_name = 'Renamed' where id = $1`, [device.userId]);
    const { body } = await device.get('/auth/session').expect(200);
    expect(body.data.user).toMatchObject({ role: 'admin', full_name: 'Renamed' });
  });
});

async function twoDevices(api: Api) {
  const first = await api.register();
  return [first, await api.signIn(first.person)] as const;
}
