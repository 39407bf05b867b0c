import { eventually } from '@app/testing';
import { type Patch, withPatchedBuild } from '../history/patched-build.js';
import { type Device, inWords, type Pair, pairOf, type Reply } from './support/client.js';
import { Fleet, type Member } from './support/fleet.js';

const dies = `process.kill(process.pid, 'SIGKILL');`;
const refresh = 'libs/auth/src/application/refresh.js';
const broadcast = 'libs/sessions/src/application/coherence/revocation-broadcast.js';

/** The process kills itself right before the snippet. */
function before(file: string, find: string): Patch {
  return { file, find, replace: `${dies} ${find}` };
}

const dyingRefreshers: [string, Patch][] = [
  ['before the commit', before(refresh, 'switch (spending.kind) {')],
  ['after the commit', before(refresh, 'if (outcome.spent)')],
  ['before the answer', before(refresh, 'return this.issuer.issue(outcome.user, outcome.session);')],
];

const dyingRevokers: [string, Patch][] = [
  [
    'before the tombstone',
    before(broadcast, 'const tombstones = Promise.all(burials.map((burial) => this.announce(burial)));'),
  ],
  ['before the barrier', before(broadcast, 'return (await this.barrier.isPassed(transaction, tombstones))')],
];

/** Milliseconds: a poll, and a busy machine. */
const knownEverywhere = 3_000;

describe('two instances beside one that dies', () => {
  let fleet: Fleet;
  let started = 0;

  beforeAll(async () => {
    fleet = await Fleet.start();
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  /** One more instance of a build that dies at the given place. */
  async function doomed(main: string): Promise<Member> {
    started += 1;
    return fleet.join({ INSTANCE_ID: `doomed-${started}` }, main);
  }

  /** It must get to the place where it dies; otherwise nothing is tested. */
  async function deathOf(member: Member, ...calls: Promise<Reply>[]): Promise<void> {
    const answers = await Promise.all(calls.map((call) => call.then(inWords, () => 'no answer')));
    expect(new Set(answers)).toEqual(new Set(['no answer']));
    await member.process.exited;
  }

  const refused = (pair: Pick<Pair, 'token'>) =>
    eventually(async () => (await fleet.answers(pair)).every((answer) => answer.startsWith('401 ')), {
      timeoutMs: knownEverywhere,
      describe: 'the access token is refused everywhere',
    });

  async function expectNothingUsable(pairs: readonly Pair[]): Promise<void> {
    for (const pair of pairs) {
      await refused(pair);
      for (const { api } of fleet.members) expect((await api.refresh(pair.refreshToken)).status).toBe(401);
    }
  }

  /** Somebody with two sessions: a refresh of the one must not take away the token that ends it. */
  interface Person {
    readonly device: Device;
    readonly other: Device;
  }

  async function personWithTwo(): Promise<Person> {
    const device = await fleet.warmDevice();
    return { device, other: await fleet.second.api.signIn(device) };
  }

  type End = (person: Person, member: Member) => Promise<Reply>;

  const ends: [string, End][] = [
    ['ending the session', ({ device, other }, { api }) => api.end(device.sessionId, other)],
    ['signing out everywhere', ({ other }, { api }) => api.signOutEverywhere(other)],
    ['a new password', ({ other }, { api }) => api.changePassword(other, 'some other words of a phrase')],
  ];

  /** As an operator's command does. */
  async function disable({ userId }: Device): Promise<void> {
    await fleet.sql(
      `with changed as (update users set disabled_at = now(), gen = gen + 1 where id = $1 returning gen)
       insert into event_log (type, user_id, gen, payload, created_at)
       select 'user.sessions_revoked', $1, gen, '{"reason": "user_disabled"}', now() from changed`,
      [userId],
    );
  }

  describe.each(dyingRefreshers)('during a refresh %s', (name, patch) => {
    it(
      'are asked again with the same token and go on with the one child',
      () =>
        withPatchedBuild(`refresh-${name}`, patch, async (main) => {
          const device = await fleet.warmDevice();
          const member = await doomed(main);
          await deathOf(member, member.api.refresh(device.refreshToken));
          const next = pairOf(await fleet.first.api.refresh(device.refreshToken));
          const again = pairOf(await fleet.second.api.refresh(device.refreshToken));
          expect(again.refreshToken).toBe(next.refreshToken);
          expect(await fleet.answers(next)).toEqual(['200', '200']);
          await refused(device);
          const last = pairOf(await fleet.second.api.refresh(next.refreshToken));
          expect(await fleet.answers(last)).toEqual(['200', '200']);
          const [row] = await fleet.sql(
            `select refresh_generation as generation,
             (select count(*)::int from event_log where session_id = $1 and type = 'session.refresh_reused') as thefts
           from sessions where id = $1`,
            [device.sessionId],
          );
          expect(row).toEqual({ generation: 2, thefts: 0 });
        }),
      60_000,
    );

    it(
      'leave nothing usable when the sessions are ended then',
      () =>
        withPatchedBuild(`refresh-end-${name}`, patch, async (main) => {
          const people = await Promise.all([...ends, disable].map(() => personWithTwo()));
          const member = await doomed(main);
          // The first that gets there takes the others along, wherever they are.
          await deathOf(member, ...people.map(({ device }) => member.api.refresh(device.refreshToken)));
          for (const [index, [, end]] of ends.entries())
            expect(inWords(await end(people[index]!, fleet.first))).toBe('200');
          await disable(people.at(-1)!.device);
          await expectNothingUsable(people.map(({ device }) => device));
        }),
      60_000,
    );
  });

  it.each(
    dyingRevokers.flatMap(([place, patch]) => ends.map(([what, end]) => [what, place, patch, end] as const)),
  )(
    'during %s %s leave nothing usable, also of what was refreshed meanwhile',
    (what, place, patch, end) =>
      withPatchedBuild(`end-${what}-${place}`, patch, async (main) => {
        const { device, other } = await personWithTwo();
        const member = await doomed(main);
        const death = deathOf(member, end({ device, other }, member));
        const replies = await Promise.all(
          [...fleet.members, ...fleet.members].map(({ api }) => api.refresh(device.refreshToken)),
        );
        await death;
        const pairs = replies.flatMap((reply) => (reply.status === 200 ? [pairOf(reply)] : []));
        await expectNothingUsable([device, ...pairs]);
      }),
    60_000,
  );

  it(
    'during the punishment of a thief leave nothing to either',
    () =>
      withPatchedBuild(
        'punish',
        before(refresh, 'await this.broadcast.settle({ transaction, burial });'),
        async (main) => {
          const device = await fleet.warmDevice();
          const child = pairOf(await fleet.first.api.refresh(device.refreshToken));
          const grandchild = pairOf(await fleet.second.api.refresh(child.refreshToken));
          const member = await doomed(main);
          await deathOf(member, member.api.refresh(device.refreshToken));
          await expectNothingUsable([device, child, grandchild]);
          expect(inWords(await fleet.first.api.check(grandchild.token))).toBe('401 SESSION_ENDED');
        },
      ),
    60_000,
  );
});
