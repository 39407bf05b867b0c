import type { PostgresProcess } from '@app/testing';
import { aPerson, goodPassword } from '../support/people.js';
import { ApiClient, type Device, toDevice } from './support/api-client.js';
import { Asking } from './support/asking.js';
import type { Reply } from './support/http.js';
import { Instance } from './support/instance.js';
import { notDurable, sql, startPostgres } from './support/stores.js';

const administrator = { email: 'root@example.com', password: goodPassword };

let postgres: PostgresProcess;
let instances: Instance[];
let here: ApiClient;
let there: ApiClient;

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
  const env = { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password };
  instances = await Promise.all([1, 2, 3, 4].map(() => Instance.onServers(postgres.url, env)));
  [here, there] = instances.map(({ api }) => api) as [ApiClient, ApiClient];
}, 120_000);

const rows = <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
  sql<Row>(postgres.url, text, values);

function expectEnded({ status, body }: Reply, reason: string): void {
  expect({ status, code: body.code, reason: body.end_reason }).toEqual({
    status: 401,
    code: 'SESSION_ENDED',
    reason,
  });
}

describe('four instances that start at once on an empty database', () => {
  it('are all ready', async () => {
    const replies = await Promise.all(instances.map(({ api }) => api.ready()));
    expect(replies.map(({ status, body }) => [status, body.status])).toEqual(
      instances.map(() => [200, 'ok']),
    );
  });

  it('agree on one signing key', async () => {
    const published = await Promise.all(instances.map(({ api }) => api.keyIds()));
    const stored = await rows<{ kid: string }>('select kid from signing_keys');
    // The one that signs and its successor.
    expect(stored).toHaveLength(2);
    const kids = stored.map(({ kid }) => kid).toSorted();
    expect(published.map((each) => each.toSorted())).toEqual(instances.map(() => kids));
  });

  it('create one administrator', async () => {
    expect(await rows(`select email from users where role = 'admin'`)).toEqual([
      { email: administrator.email },
    ]);
    await there.signIn(administrator);
  });

  it('accept the tokens of each other', async () => {
    for (const [index, { api }] of instances.entries()) {
      const device = await api.register(aPerson());
      const others = instances.filter((_, other) => other !== index);
      const replies = await Promise.all(others.map((other) => other.api.check(device.token)));
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 200]);
      expect(replies[0]!.body.data!.session.id).toBe(device.sessionId);
    }
  });
});

describe('a hundred simultaneous sign-ins of one account over two instances', () => {
  it('all succeed, and exactly five sessions live; the others ended by the limit, each with its event', async () => {
    const person = aPerson();
    const { userId } = await here.register(person);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? here : there).trySignIn(person)),
    );
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    const devices = replies.map((reply) => toDevice(person, reply, 200));

    const checks = await Promise.all(
      devices.map(({ token }, index) => (index % 3 ? here : there).check(token)),
    );
    const refused = checks.filter(({ status }) => status !== 200);
    expect(refused).toHaveLength(95);
    refused.forEach((reply) => expectEnded(reply, 'limit'));

    // The registration had opened a session too, which was the first to give way.
    const events = await rows<{ session_id: string }>(
      `select session_id from event_log
       where user_id = $1 and type = 'session.ended' and payload ->> 'reason' = 'limit'`,
      [userId],
    );
    const endedNow = new Set(events.map((event) => event.session_id));
    expect(events).toHaveLength(96);
    expect(endedNow.size).toBe(96);
    expect(devices.filter(({ sessionId }) => endedNow.has(sessionId))).toHaveLength(95);
  }, 60_000);
});

describe('a revocation answered by one instance', () => {
  /** `other` is a second device of the same person. */
  const ways: readonly {
    readonly how: string;
    readonly reason: string;
    readonly revoke: (api: ApiClient, victim: Device, other: Device) => Promise<Reply>;
  }[] = [
    {
      how: 'signing out',
      reason: 'signout',
      revoke: (api, { token }) => api.ask('POST', '/auth/signout', { token }),
    },
    {
      how: 'ending it by its id',
      reason: 'terminated',
      revoke: (api, { sessionId }, { token }) => api.ask('DELETE', `/sessions/${sessionId}`, { token }),
    },
    {
      how: 'ending all others',
      reason: 'terminated',
      revoke: (api, _victim, { token }) => api.ask('DELETE', '/sessions', { token }),
    },
    {
      how: 'signing out everywhere',
      reason: 'signout_all',
      revoke: (api, _victim, { token }) => api.ask('POST', '/auth/logout-all', { token }),
    },
  ];
  const roundsPerWay = 25;

  it.each(ways)(
    'is obeyed by every request that starts afterwards, on both ($how)',
    async ({ reason, revoke }) => {
      const person = aPerson();
      await here.register(person);
      for (let round = 0; round < roundsPerWay; round += 1) {
        const [revoker, checker] = round % 2 ? [here, there] : [there, here];
        const victim = await revoker.signIn(person);
        const other = await checker.signIn(person);
        const watched = await watchRevocation(victim, () => revoke(revoker, victim, other), checker);
        expectEnded(watched.next, reason);
        expect(watched.acceptedTooLate).toBe(0);
        expect(watched.kinds).toEqual(['200', '401 SESSION_ENDED']);
      }
    },
    60_000,
  );

  /** Checks the session in loops on both instances, revokes it, and asks the other instance at once. */
  async function watchRevocation(victim: Device, revoke: () => Promise<Reply>, checker: ApiClient) {
    let isAnswered = false;
    let acceptedTooLate = 0;
    const clients = [here, here, there, there].map(({ http }) =>
      ApiClient.at(http.baseUrl, { keepAlive: true }),
    );
    const loops = clients.map(
      (client) =>
        new Asking(async () => {
          const isLate = isAnswered;
          const reply = await client.check(victim.token);
          if (isLate && reply.status !== 401) acceptedTooLate += 1;
          return reply;
        }),
    );
    await Promise.all(loops.map((loop) => loop.until('200')));
    expect((await revoke()).status).toBe(200);
    isAnswered = true;
    const next = await checker.check(victim.token);
    await Promise.all(loops.map((loop) => loop.until('401 SESSION_ENDED')));
    const kinds = (await Promise.all(loops.map((loop) => loop.stop()))).flat();
    clients.forEach((client) => client.http.close());
    return { next, acceptedTooLate, kinds: [...new Set(kinds)].toSorted() };
  }
});

describe('signing out everywhere while others sign in', () => {
  it('leaves no session of the older generation alive, on any instance', async () => {
    const person = aPerson();
    await here.register(person);
    for (let round = 0; round < 15; round += 1) {
      const before = [await here.signIn(person), await there.signIn(person)];
      const [signOut, ...signIns] = await Promise.all([
        here.ask('POST', '/auth/logout-all', { token: before[0]!.token }),
        ...Array.from({ length: 4 }, (_, index) => (index % 2 ? here : there).trySignIn(person)),
      ]);
      expect([signOut, ...signIns].map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);

      const during = signIns.map((reply) => toDevice(person, reply, 200));
      const [alive] = await rows<{ ids: string[] | null; older: number }>(
        `select array_agg(s.id) as ids, count(*) filter (where s.gen < u.gen)::int as older
         from sessions s join users u on u.id = s.user_id
         where u.email = $1 and s.ended_at is null`,
        [person.email],
      );
      expect(alive!.older).toBe(0);
      for (const device of [...before, ...during]) {
        const expected = alive!.ids?.includes(device.sessionId) ? 200 : 401;
        const replies = await Promise.all([here.check(device.token), there.check(device.token)]);
        expect(replies.map(({ status }) => status)).toEqual([expected, expected]);
      }
      expect(before.filter(({ sessionId }) => alive!.ids?.includes(sessionId))).toEqual([]);
    }
  }, 60_000);
});
