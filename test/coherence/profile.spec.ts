import { eventually } from '@app/testing';
import { type Device, inWords, proofOf } from './support/client.js';
import { Fleet, type Member, partition } from './support/fleet.js';

const profileKey = ({ userId }: Device): string => `profile:{${partition(userId)}}:${userId}`;

describe('a cached profile', () => {
  let fleet: Fleet;
  let device: Device;
  let turn = 0;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 2 });
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  beforeEach(async () => {
    await fleet.becomesNormal();
    device = await fleet.warmDevice();
    for (const member of fleet.members) await cached(member);
  });

  const aName = (): string => `Name ${(turn += 1)}`;

  async function cached({ api }: Member): Promise<void> {
    await eventually(async () => (await api.profile(device)).cache === 'hit', { describe: 'a hit' });
  }

  /** What each instance says the person is called, by the profile and by the session. */
  async function shown(): Promise<(string | null | undefined)[]> {
    const replies = fleet.members.flatMap(({ api }) => [api.profile(device), api.check(device.token)]);
    return (await Promise.all(replies)).map(({ body: { data } }) => data?.full_name ?? data?.user?.full_name);
  }

  const everywhere = (name: string): string[] => fleet.members.flatMap(() => [name, name]);

  const rename = async (member: Member, name: string): Promise<string> =>
    proofOf(await member.api.changeProfile(device, { full_name: name }));

  it('is a hit, and never older than the last answered change, whoever made it', async () => {
    for (let count = 0; count < 12; count += 1) {
      const name = aName();
      expect(await rename(fleet.members[count % 2]!, name)).toBe('200 complete');
      expect(await shown()).toEqual(everywhere(name));
    }
    await cached(fleet.first);
    expect((await fleet.first.api.profile(device)).body.data?.full_name).toBe(`Name ${turn}`);
  }, 30_000);

  it('does not show again what a change has replaced while Redis was away', async () => {
    await Promise.all(fleet.members.map(({ toRedis }) => toRedis!.set({ kind: 'hold' })));
    const name = aName();
    expect(await rename(fleet.first, name)).toBe('200 complete');
    expect(await shown()).toEqual(everywhere(name));
    // Before the link is back: whoever comes first then fills the entry anew.
    expect(await fleet.redis.command('GET', profileKey(device))).toContain('"Ann"');
    await fleet.heal();
    await fleet.becomesNormal();
    for (let count = 0; count < 5; count += 1) expect(await shown()).toEqual(everywhere(name));
    await cached(fleet.second);
  }, 30_000);

  it('is not believed when it is made up, restored or moved', async () => {
    const old = String(await fleet.redis.command('GET', profileKey(device)));
    const name = aName();
    await rename(fleet.first, name);
    await cached(fleet.first);
    const other = await fleet.first.api.signUp();
    for (const text of [old, old.replace('Ann', 'Eve'), '{}', '-']) {
      await fleet.redis.command('SET', profileKey(device), text);
      expect(await shown()).toEqual(everywhere(name));
    }
    await fleet.redis.command('SET', profileKey(other), old);
    expect((await fleet.first.api.profile(other)).body.data?.id).toBe(other.userId);
  }, 30_000);

  it('does not come back from an instance that was frozen during the change', async () => {
    await fleet.second.process.freeze();
    const name = aName();
    expect(await rename(fleet.first, name)).toBe('200 complete');
    fleet.second.process.thaw();
    expect(await shown()).toEqual(everywhere(name));
  }, 30_000);

  it('nor does the old name in a session, from an instance that has only Redis to ask', async () => {
    await fleet.second.toPostgres.set({ kind: 'hold' });
    const name = aName();
    expect(await rename(fleet.first, name)).toBe('200 complete');
    // Without Postgres it cannot learn the new one, so it must not answer.
    const reply = await fleet.second.api.check(device.token);
    expect(inWords(reply)).toBe('503 STORE_UNAVAILABLE');
    expect(inWords(await fleet.second.api.profile(device))).toBe('503 STORE_UNAVAILABLE');
    await fleet.heal();
    await fleet.becomesNormal();
    expect(await shown()).toEqual(everywhere(name));
  }, 30_000);
});
