import { randomUUID } from 'node:crypto';
import type { Heartbeat, InstanceRegistry, RedisIdentity } from '../domain/coherence/instance-registry.js';

const redis: RedisIdentity = { runId: 'a'.repeat(40), history: 'h', epochs: ['one', 'two'] };

/** What every InstanceRegistry does. The registry may hold rows of others. */
export function instanceRegistryContract(current: () => InstanceRegistry): void {
  const enter = async (name = 'name'): Promise<string> => {
    const id = randomUUID();
    await current().register({ id, name });
    return id;
  };
  const unawareOf = async (transaction: number, id: string) =>
    (await current().unawareOf(transaction, 'nobody')).find((one) => one.id === id);
  const beatOf = (all: Heartbeat[] | null, id: string): Heartbeat => all!.find((one) => one.id === id)!;

  it('takes a new instance for one that knows nothing and has no cache', async () => {
    const id = await enter('slot-1');
    expect(await unawareOf(1, id)).toEqual({ id, name: 'slot-1', beat: 0, redis: null });
  });

  it('tells by the snapshot shown what an instance knows', async () => {
    const id = await enter();
    await current().publish({ id, snapshot: '10:15:12,13', redis: null });
    const unaware = await Promise.all([9, 10, 11, 12, 13, 14, 15, 16].map((one) => unawareOf(one, id)));
    expect(unaware.map((one) => one === undefined)).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
      false,
      false,
    ]);
  });

  it('lists every instance, with whether it is waited for', async () => {
    const [silent, shown] = [await enter('silent'), await enter('shown')];
    await current().publish({ id: shown, snapshot: '10:15:12,13', redis: null });
    await current().fence({ id: shown, name: 'shown', beat: 1 });
    const all = (await current().list()).filter(({ id }) => id === silent || id === shown);
    const seen = all.map(({ name, beat, isFenced, transactionsBehind }) => ({
      name,
      beat,
      isFenced,
      hasShown: transactionsBehind !== null,
    }));
    expect(seen.toSorted((one, other) => one.name.localeCompare(other.name))).toEqual([
      { name: 'shown', beat: 1, isFenced: true, hasShown: true },
      { name: 'silent', beat: 0, isFenced: false, hasShown: false },
    ]);
    expect(all.every(({ startedAt }) => startedAt instanceof Date)).toBe(true);
  });

  it('leaves out whoever asks', async () => {
    const id = await enter();
    expect((await current().unawareOf(1, id)).map((one) => one.id)).not.toContain(id);
  });

  it('keeps the identity of the cache over publications that do not change it', async () => {
    const id = await enter();
    for (const snapshot of ['1:1:', '2:2:', '3:3:']) await current().publish({ id, snapshot, redis });
    expect(await unawareOf(99, id)).toMatchObject({ redis, beat: 3 });
    await current().publish({ id, snapshot: '4:4:', redis: null });
    expect(await unawareOf(99, id)).toMatchObject({ redis: null, beat: 4 });
    await current().publish({ id, snapshot: '4:4:', redis: { ...redis, runId: 'other' } });
    expect(await unawareOf(99, id)).toMatchObject({ redis: { ...redis, runId: 'other' } });
  });

  it('answers a publication with the heartbeats of all', async () => {
    const [one, other] = [await enter('one'), await enter('other')];
    const beats = await current().publish({ id: one, snapshot: '1:1:', redis: null });
    expect(beats).toEqual(
      expect.arrayContaining([
        { id: one, name: 'one', beat: expect.any(Number) },
        { id: other, name: 'other', beat: 0 },
      ]),
    );
    const again = await current().publish({ id: one, snapshot: '1:1:', redis: null });
    expect(beatOf(again, one).beat).toBeGreaterThan(0);
  });

  it('fences only an instance that has not published since it was seen', async () => {
    const id = await enter();
    const seen = (await unawareOf(1, id))!;
    await current().publish({ id, snapshot: '1:1:', redis: null });
    expect(await current().fence(seen)).toBe(false);
    expect(await current().publish({ id, snapshot: '1:1:', redis: null })).not.toBeNull();
    expect(await current().fence((await unawareOf(99, id))!)).toBe(true);
  });

  it('lets a fenced instance show nothing more until it has registered anew, knowing nothing', async () => {
    const id = await enter();
    await current().publish({ id, snapshot: '50:50:', redis });
    const seen = (await unawareOf(99, id))!;
    expect([await current().fence(seen), await current().fence(seen)]).toEqual([true, true]);
    expect(await current().publish({ id, snapshot: '100:100:', redis })).toBeNull();
    expect(await unawareOf(99, id)).toBeDefined();
    await current().register({ id, name: 'name' });
    expect(await unawareOf(1, id)).toBeDefined();
    expect(await current().publish({ id, snapshot: '100:100:', redis })).not.toBeNull();
    expect(await unawareOf(99, id)).toBeUndefined();
  });

  /** Until it publishes again it goes on serving from the data that it has verified, should Postgres go away. */
  it('remembers of an instance that registers anew which cache it may serve from', async () => {
    const id = await enter();
    await current().publish({ id, snapshot: '50:50:', redis });
    await current().fence((await unawareOf(99, id))!);
    await current().register({ id, name: 'name' });
    expect(await unawareOf(1, id)).toMatchObject({ redis });
  });

  it('counts the registration as a beat, so that a look from before cannot fence it', async () => {
    const id = await enter();
    const seen = (await unawareOf(1, id))!;
    await current().register({ id, name: 'name' });
    expect(await current().fence(seen)).toBe(false);
  });

  it('forgets whoever is removed, who can then show nothing', async () => {
    const id = await enter();
    await current().remove(id);
    expect(await unawareOf(1, id)).toBeUndefined();
    expect(await current().publish({ id, snapshot: '1:1:', redis: null })).toBeNull();
    await current().remove(id);
  });
}
