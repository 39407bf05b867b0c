import type { UserId } from '@app/kernel';
import type { Room } from '../domain/session-repository.js';
import {
  aSession,
  at,
  repositoryStand,
  type SessionRepositorySubject,
} from './session-repository-subject.js';

/** What the session limit and shares rely on. */
export function sessionSurplusContract(subject: () => SessionRepositorySubject): void {
  const { given, ids, sessions, signout } = repositoryStand(subject);

  /** Another session, at the minute of the ending. */
  async function open(owner: UserId, minute: number, room: Room) {
    const opened = aSession(owner, { createdAt: at(minute), lastAccessAt: at(minute) });
    return { opened: opened.id, ended: await sessions().insertMakingRoom(opened, signout(minute), room) };
  }

  it('ends the oldest beyond the number to keep', async () => {
    const { owner, all } = await given(
      { createdAt: at(4), lastAccessAt: at(4) },
      { createdAt: at(1), lastAccessAt: at(9) },
      { createdAt: at(3), lastAccessAt: at(5) },
      { createdAt: at(2), lastAccessAt: at(8) },
    );
    const [newest, oldest, third, second] = ids(all);

    const { ended, opened } = await open(owner, 10, { keep: 2, order: 'oldest' });

    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([oldest, second]));
    expect(ids(await sessions().listLive(owner, at(10)))).toEqual([opened, newest, third]);
  });

  it('ends the longest unused beyond the number to keep', async () => {
    const { owner, all } = await given(
      { createdAt: at(4), lastAccessAt: at(4) },
      { createdAt: at(1), lastAccessAt: at(9) },
      { createdAt: at(3), lastAccessAt: at(5) },
      { createdAt: at(2), lastAccessAt: at(8) },
    );
    const [unused, busy, idle, second] = ids(all);

    const { ended, opened } = await open(owner, 10, { keep: 2, order: 'idle' });

    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([unused, idle]));
    expect(new Set(ids(await sessions().listLive(owner, at(10))))).toEqual(new Set([opened, busy, second]));
  });

  it.each(['oldest', 'idle'] as const)(
    'keeps exactly the number to keep when all are equally old, and the same ones every time (%s)',
    async (order) => {
      const { owner, all } = await given({}, {}, {}, {}, {});
      const survivors = ids(all).toSorted().slice(-2);

      const { ended, opened } = await open(owner, 5, { keep: 2, order });
      expect(ended).toHaveLength(3);
      expect(new Set(ids(await sessions().listLive(owner, at(5))))).toEqual(new Set([opened, ...survivors]));
    },
  );

  it('counts only live ones as surplus', async () => {
    const { owner, all } = await given(
      { createdAt: at(9), idleExpiresAt: at(10) },
      { createdAt: at(8) },
      { createdAt: at(1) },
    );
    await sessions().end(all[1]!.id, owner, signout(9));

    const { ended, opened } = await open(owner, 10, { keep: 1, order: 'oldest' });
    expect(ended).toEqual([]);
    expect(ids(await sessions().listLive(owner, at(10)))).toEqual([opened, all[2]!.id]);
  });

  it.each([
    [0, 3],
    [2, 1],
    [3, 0],
    [4, 0],
  ])('with %i to keep of three ends %i', async (keep, expected) => {
    const { owner } = await given({}, {}, {});

    expect((await open(owner, 5, { keep, order: 'oldest' })).ended).toHaveLength(expected);
  });

  it('leaves the sessions of others alone when it ends a surplus', async () => {
    const { owner } = await given({}, {});
    const other = await given({}, {});
    await open(owner, 5, { keep: 0, order: 'oldest' });

    expect(await sessions().countLive(other.owner, at(5))).toBe(2);
  });

  it('ends the shares of a session with it, and counts none of them', async () => {
    const { owner, all } = await given({}, {}, { createdAt: at(1) });
    const [parent, other] = ids(all);
    const share = aSession(owner, { parentId: parent!, scope: 'read', label: 'for Bob' });
    await sessions().insert(share);

    expect(await sessions().countLive(owner, at(2))).toBe(3);
    expect(ids(await sessions().listLive(owner, at(2)))).toContain(share.id);
    const ended = await sessions().end(parent!, owner, signout(5));
    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([parent, share.id]));
    expect((await sessions().findOwned(other!, owner))?.ended).toBeNull();
  });

  it('ends a surplus with its shares', async () => {
    const { owner, all } = await given({ createdAt: at(1) }, { createdAt: at(2) });
    const share = aSession(owner, { parentId: all[0]!.id, scope: 'read', createdAt: at(3) });
    await sessions().insert(share);

    const { ended } = await open(owner, 5, { keep: 1, order: 'oldest' });
    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([all[0]!.id, share.id]));
  });

  it('keeps the shares of the session to keep', async () => {
    const { owner, all } = await given({}, {});
    const share = aSession(owner, { parentId: all[0]!.id, scope: 'read' });
    await sessions().insert(share);

    const ended = await sessions().endAll(owner, signout(5), all[0]!.id);
    expect(ended.map(({ id }) => id)).toEqual([all[1]!.id]);
  });

  it('ends what was opened on one device', async () => {
    const { owner, all } = await given({ deviceKey: 'a' }, { deviceKey: 'b' }, {});
    const stranger = await given({ deviceKey: 'a' });

    const ended = await sessions().endOnDevice('a', owner, { ...signout(5), reason: 'replaced' });
    const { id, createdAt: beganAt } = all[0]!;
    expect(ended).toEqual([{ id, end: { reason: 'replaced', at: at(5) }, beganAt }]);
    expect(await sessions().countLive(stranger.owner, at(5))).toBe(1);
  });
}
