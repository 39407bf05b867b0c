import { isSameData } from '../domain/coherence/instance-registry.js';
import type { Burial, CachedSession, EntryStore } from '../domain/coherence/entry-store.js';
import { aCachedSession, aTokenId, aUserId, keyOf } from './builders.js';

const end = { at: new Date('2026-01-01T00:00:00.123Z'), reason: 'admin' } as const;

export function burialOf({ userId, sessionId }: CachedSession): Burial {
  return { userId, sessions: [{ id: sessionId, end }], generation: null, tokens: [] };
}

/** What every EntryStore does. */
export function entryStoreContract(current: () => EntryStore): void {
  const entryOf = async (entry: CachedSession): Promise<CachedSession | null> =>
    (await current().lookup(keyOf(entry))).entry;
  /** As a request does it: the epoch first, then the read of Postgres, then the fill. */
  const fill = async (entry: CachedSession): Promise<CachedSession> => {
    await current().fill(entry, await current().renewEpoch(entry.userId));
    return entry;
  };

  it('gives back what was filled', async () => {
    const entry = await fill(aCachedSession({ revokedTokens: [aTokenId()] }));
    expect(await current().lookup(keyOf(entry))).toMatchObject({
      entry,
      ended: null,
      generation: null,
      tokenRevoked: false,
    });
  });

  it('tells the place of what it reads, which is the place of what it buries', async () => {
    const entry = aCachedSession();
    const epoch = await current().renewEpoch(entry.userId);
    const { place } = await current().lookupWithHistory(keyOf(entry));
    expect(place).toEqual({
      runId: expect.any(String),
      history: expect.any(String),
      partition: 0xab,
      epoch,
    });
    expect((await current().lookup(keyOf(entry))).place).toEqual({ ...place, history: null });
    expect(await current().bury(burialOf(entry))).toEqual(place);
  });

  it('keeps the epoch that is there', async () => {
    const userId = aUserId('01');
    expect(await current().renewEpoch(userId)).toBe(await current().renewEpoch(userId));
  });

  describe('refuses a fill', () => {
    it('of a session that was buried', async () => {
      const entry = aCachedSession();
      await current().bury(burialOf(entry));
      await fill({ ...entry, position: 10_000 });
      expect(await current().lookup(keyOf(entry))).toMatchObject({ entry: null, ended: end });
    });

    it('of a generation that is over, and takes the next one', async () => {
      const entry = aCachedSession({ gen: 2 });
      const { userId } = entry;
      await current().bury({ userId, sessions: [], generation: { minimum: 3, end }, tokens: [] });
      await fill(entry);
      expect(await current().lookup(keyOf(entry))).toMatchObject({
        entry: null,
        generation: { minimum: 3, end },
      });
      const next = await fill({ ...entry, gen: 3 });
      expect(await entryOf(next)).toEqual(next);
    });

    it('under another epoch than the one seen before the read', async () => {
      const entry = aCachedSession();
      await current().renewEpoch(entry.userId);
      await current().fill(entry, 'another');
      expect(await entryOf(entry)).toBeNull();
    });

    it('that is older than the entry', async () => {
      const newer = await fill(aCachedSession({ position: 500 }));
      await fill({ ...newer, position: 499, user: ['old', null, null, 'user'] });
      expect(await entryOf(newer)).toEqual(newer);
      const equal = await fill({ ...newer, user: ['new', null, null, 'user'] });
      expect(await entryOf(newer)).toEqual(equal);
    });
  });

  it('takes a fill over the entry of another history, whose positions mean something else', async () => {
    const old = await fill(aCachedSession({ position: 500 }));
    const entry = await fill({ ...old, position: 10, database: 'another/1' });
    expect(await entryOf(entry)).toEqual(entry);
  });

  it('does not keep what has already timed out', async () => {
    const entry = await fill(aCachedSession({ expiresAt: new Date('2020-01-01T00:00:00Z') }));
    expect(await entryOf(entry)).toBeNull();
  });

  it('buries a session, and no other one of its user', async () => {
    const [gone, other] = [await fill(aCachedSession()), aCachedSession()];
    const staying = await fill({ ...other, userId: gone.userId });
    await current().bury(burialOf(gone));
    expect(await current().lookup(keyOf(gone))).toMatchObject({ entry: null, ended: end });
    expect(await current().lookup(keyOf(staying))).toMatchObject({ entry: staying, ended: null });
  });

  it('never lowers the generation that is over', async () => {
    const { userId } = aCachedSession();
    for (const minimum of [3, 7, 5]) {
      await current().bury({ userId, sessions: [], generation: { minimum, end }, tokens: [] });
    }
    expect((await current().lookup(keyOf(aCachedSession({ userId })))).generation).toEqual({
      minimum: 7,
      end,
    });
  });

  it('buries one token, and no other one of its session', async () => {
    const entry = await fill(aCachedSession());
    const key = keyOf(entry);
    const { userId } = entry;
    const expiresAt = new Date('2026-01-01T00:10:00Z');
    await current().bury({
      userId,
      sessions: [],
      generation: null,
      tokens: [{ id: key.tokenId, sessionId: key.sessionId, expiresAt }],
    });
    expect(await current().lookup(key)).toMatchObject({ entry, tokenRevoked: true });
    expect(await current().lookup(keyOf(entry))).toMatchObject({ entry, tokenRevoked: false });
  });

  describe('after a change of the user', () => {
    const change = (entry: CachedSession, transaction: number): Burial => ({
      userId: entry.userId,
      sessions: [],
      generation: null,
      tokens: [],
      userChange: { transaction, database: entry.database },
    });
    const shown = async (entry: CachedSession): Promise<CachedSession | null> =>
      (await current().lookupWithHistory(keyOf(entry))).entry;

    it('shows no older entry to whoever cannot ask Postgres, however late it was filled', async () => {
      const entry = await fill(aCachedSession({ position: 500 }));
      expect(await shown(entry)).toEqual(entry);
      await current().bury(change(entry, 500));
      expect(await shown(entry)).toBeNull();
      await fill(entry);
      expect(await shown(entry)).toBeNull();
      const newer = await fill({ ...entry, position: 501 });
      expect(await shown(newer)).toEqual(newer);
    });

    it('shows it to those who know by themselves what has changed', async () => {
      const entry = await fill(aCachedSession());
      await current().bury(change(entry, 500));
      expect(await entryOf(entry)).toEqual(entry);
    });

    it('keeps the last of several, in whatever order they come, and the one of the newest history', async () => {
      const entry = await fill(aCachedSession({ position: 505 }));
      for (const transaction of [503, 507, 504]) await current().bury(change(entry, transaction));
      expect(await shown(entry)).toBeNull();
      const other = { ...entry, database: 'another/1', position: 10 };
      await current().bury(change(other, 9));
      expect(await shown(entry)).toBeNull();
      expect(await shown(await fill(other))).toEqual(other);
    });
  });

  it('buries thousands of sessions of a user at once', async () => {
    const userId = aUserId();
    const entries = Array.from({ length: 2_500 }, () => aCachedSession({ userId }));
    await fill(entries[2_000]!);
    await current().bury({
      ...burialOf(entries[0]!),
      sessions: entries.map(({ sessionId }) => ({ id: sessionId, end })),
      generation: { minimum: 4, end },
    });
    for (const index of [0, 199, 200, 2_000, 2_499]) {
      expect(await current().lookup(keyOf(entries[index]!))).toMatchObject({
        entry: null,
        ended: end,
        generation: { minimum: 4 },
      });
    }
  });

  it('buries nothing without a word, and tells the place all the same', async () => {
    const userId = aUserId();
    const epoch = await current().renewEpoch(userId);
    const place = await current().bury({ userId, sessions: [], generation: null, tokens: [] });
    expect(place.epoch).toBe(epoch);
  });

  it('verifies to an identity in which each place lies', async () => {
    const verified = await current().verify();
    expect(verified?.epochs).toHaveLength(256);
    const entry = aCachedSession();
    const { place } = await current().lookupWithHistory(keyOf(entry));
    expect(isSameData(verified, place)).toBe(true);
    expect(await current().verify()).toEqual(verified);
  });
}
