import { inWords, millisecondsOf, proofOf } from './support/client.js';
import { Fleet } from './support/fleet.js';
import { allEnded, allFine, expectMainStory } from './support/story.js';

/** Until an instance is known to be silent, and for a busy machine with two cores. */
const silenceMs = 1_000;
const allowanceMs = 900;

/** What is promised with Redis is promised without it, except what needs a second store to survive on. */
describe('three instances with REDIS_ENABLED=false', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 3, redis: null });
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  it('agree on every session at every moment', () => expectMainStory(fleet), 30_000);

  it('are ready, and say that Redis is not wanted rather than missed', async () => {
    const { body } = await fleet.first.api.ready();
    expect(body).toMatchObject({ status: 'ok', checks: { redis: { status: 'up', enabled: false } } });
  });

  it('end many at once, for good, whoever is asked', async () => {
    const keeper = await fleet.first.api.signUp();
    const devices = await Promise.all(
      Array.from({ length: 9 }, (_, index) => fleet.members[index % 3]!.api.signIn(keeper)),
    );
    const ends = devices.map((device, index) =>
      fleet.members[(index + 1) % 3]!.api.end(device.sessionId, keeper),
    );
    expect((await Promise.all(ends)).map(proofOf)).toEqual(devices.map(() => '200 complete'));
    for (const device of devices) expect(await fleet.answers(device)).toEqual(allEnded(fleet));
    expect(await fleet.answers(keeper)).toEqual(allFine(fleet));
  }, 30_000);

  it('prove a revocation about a second late while one is frozen, which then refuses at once', async () => {
    const device = await fleet.warmDevice();
    const { process, api } = fleet.second;
    await process.freeze();
    const reply = await fleet.first.api.signOut(device);
    const early = api.check(device.token);
    process.thaw();
    expect(proofOf(reply)).toBe('200 complete');
    expect(millisecondsOf(reply)).toBeLessThan(silenceMs + 200 + allowanceMs);
    expect(inWords(await early)).toBe('401 SESSION_ENDED');
    await fleet.becomesNormal();
  }, 30_000);

  it('prove it while one is cut from Postgres, which vouches for nobody and refuses nobody valid', async () => {
    const [kept, ended] = [await fleet.warmDevice(), await fleet.warmDevice()];
    const { toPostgres, api } = fleet.second;
    await toPostgres.set({ kind: 'hold' });
    expect(proofOf(await fleet.first.api.signOut(ended))).toBe('200 complete');
    for (const { token } of [kept, ended])
      expect(inWords(await api.check(token))).toBe('503 STORE_UNAVAILABLE');
    await toPostgres.set({ kind: 'pass' });
    await fleet.becomesNormal();
    expect(await fleet.answers(ended)).toEqual(allEnded(fleet));
    expect(await fleet.answers(kept)).toEqual(allFine(fleet));
  }, 30_000);

  it('prove it while one is dead, and the next one under its name knows', async () => {
    const device = await fleet.warmDevice();
    const doomed = await fleet.join({ INSTANCE_ID: 'doomed' });
    expect(inWords(await doomed.api.check(device.token))).toBe('200');
    await doomed.end();
    expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    const reborn = await fleet.join({ INSTANCE_ID: 'doomed' });
    expect(inWords(await reborn.api.check(device.token))).toBe('401 SESSION_ENDED');
    await reborn.process.stop();
  }, 30_000);
});
