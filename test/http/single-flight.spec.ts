import { SessionCheck, StandingReader } from '@app/auth';
import { StoreUnavailableError } from '@app/kernel';
import { eventually } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { Gate } from '../support/gate.js';

/** The part of the check that asks Postgres. */
interface DatabaseCheck {
  askPostgres(...of: unknown[]): Promise<unknown>;
}

let api: Api;
let reader: StandingReader;

beforeAll(async () => {
  api = await startApi();
  reader = api.app.get(StandingReader);
});

afterEach(() => jest.restoreAllMocks());

/** Lets the next read of the session finish in the database, and holds back its answer. */
function holdNextReadOf(sessionId: string): Gate {
  const gate = new Gate();
  const read = reader.read.bind(reader);
  let isTaken = false;
  jest.spyOn(reader, 'read').mockImplementation(async (session) => {
    const isFirst = session === sessionId && !isTaken;
    isTaken ||= isFirst;
    const standing = await read(session);
    if (isFirst) await gate.wait();
    return standing;
  });
  return gate;
}

function readsOf(sessionId: string): number {
  return jest.mocked(reader.read).mock.calls.filter(([session]) => session === sessionId).length;
}

describe('requests of one session at the same time', () => {
  it('cost two statements at most, however many they are', async () => {
    const device = await api.register();
    // Past the cache: whoever is still asking Redis when the first read ends has a right to a later one.
    const arrivals = jest.spyOn(api.app.get<SessionCheck, DatabaseCheck>(SessionCheck), 'askPostgres');
    const gate = holdNextReadOf(device.sessionId);
    const replies = Promise.all(Array.from({ length: 50 }, () => device.get('/auth/session')));
    await eventually(() => arrivals.mock.calls.length === 50, { describe: 'fifty requests are waiting' });
    gate.open();
    expect((await replies).map(({ status }) => status)).toEqual(Array(50).fill(200));
    expect(readsOf(device.sessionId)).toBeLessThanOrEqual(2);
  });

  it('do not make another session wait', async () => {
    const [held, free] = [await api.register(), await api.register()];
    const gate = holdNextReadOf(held.sessionId);
    const pending = held.get('/auth/session').then(({ status }) => status);
    await eventually(() => gate.arrived === 1, { describe: 'one read is held' });
    await free.get('/auth/session').expect(200);
    gate.open();
    expect(await pending).toBe(200);
  });

  it('each see the failure of their own read only', async () => {
    const device = await api.register();
    const gate = new Gate();
    jest.spyOn(reader, 'read').mockImplementationOnce(async () => {
      await gate.wait();
      throw new StoreUnavailableError('postgres');
    });
    const first = device.get('/auth/session').then((reply) => reply);
    await eventually(() => gate.arrived === 1, { describe: 'the first read is under way' });
    const second = device.get('/auth/session').then((reply) => reply);
    gate.open();
    expectProblem(await first, { status: 503, code: 'STORE_UNAVAILABLE' });
    expect((await second).status).toBe(200);
  });
});

describe('a revocation answered while a read is under way', () => {
  const revocations = [
    ['a terminated session', 'delete', 'terminated'],
    ['a sign-out of all others', 'others', 'terminated'],
    ['a sign-out everywhere', 'everywhere', 'signout_all'],
  ] as const;

  /** @see https://github.com/better-auth/better-auth/issues/6893 */
  it.each(revocations)('is seen by the next request: %s [v5.0.0-7.4.1]', async (_what, how, reason) => {
    const victim = await api.register();
    const actor = await api.signIn(victim.person);
    const arrivals = jest.spyOn(api.app.get(SessionCheck), 'authenticate');
    const gate = holdNextReadOf(victim.sessionId);
    const early = victim.get('/auth/session').then(({ status }) => status);
    await eventually(() => gate.arrived === 1, { describe: 'the early request has read "alive"' });

    if (how === 'delete') await actor.delete(`/sessions/${victim.sessionId}`).expect(200);
    if (how === 'others') await actor.delete('/sessions').expect(200);
    if (how === 'everywhere') await actor.post('/auth/logout-all').expect(200);

    const late = Promise.all(Array.from({ length: 10 }, () => victim.get('/auth/session')));
    await eventually(() => arrivals.mock.calls.filter(([token]) => token === victim.token).length === 11, {
      describe: 'the late requests wait behind the outdated answer',
    });
    gate.open();

    // What became known during the read is seen as well, although this request began before it.
    expect(await early).toBe(401);
    for (const reply of await late) {
      expectProblem(reply, {
        status: 401,
        code: 'SESSION_ENDED',
        end_reason: reason,
        ended_at: expect.any(String),
      });
    }
  });
});
