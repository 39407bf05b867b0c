import type { SessionId, UnitOfWork, UserId } from '@app/kernel';
import type { Session } from '../domain/session.js';
import type { Ending, SessionRepository } from '../domain/session-repository.js';

export interface SessionRepositorySubject {
  readonly sessions: SessionRepository;
  readonly work: UnitOfWork;
  /** A user to own sessions, another one each time. */
  aUser(): Promise<UserId>;
}

/** Minutes after an arbitrary moment. */
export const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1) + minute * 60_000);

let made = 0;

/** A session like a sign-in at minute 0 would give: idle limit at 30, absolute limit at 60. */
export function aSession(userId: UserId, changes: Partial<Session> = {}): Session {
  made += 1;
  return {
    id: String(made).padStart(64, '0') as SessionId,
    userId,
    gen: 0,
    profile: 'standard',
    createdAt: at(0),
    authenticatedAt: at(0),
    lastAccessAt: at(0),
    idleExpiresAt: at(30),
    expiresAt: at(60),
    client: {
      ipAddress: '2001:db8::7',
      userAgent: `Mozilla/5.0 "quoted" \\ 🙂 %s`,
      device: { browser: 'Firefox', os: null, kind: 'desktop' },
    },
    ipsUsed: ['2001:db8::7', '192.0.2.1'],
    requestCount: 3,
    refreshNonce: Buffer.from('00ff10', 'hex'),
    refreshGeneration: 2,
    refreshedAt: at(3),
    deviceKey: null,
    parentId: null,
    scope: 'full',
    label: null,
    ended: null,
    ...changes,
  };
}

/** What listing, counting and ending of sessions rely on. */
export function sessionRepositoryContract(subject: () => SessionRepositorySubject): void {
  const sessions = (): SessionRepository => subject().sessions;
  const signout = (minute: number, by: UserId | null = null): Ending => ({
    reason: 'signout',
    at: at(minute),
    by,
  });
  const ids = (found: readonly Session[]): SessionId[] => found.map(({ id }) => id);

  /** Sessions of one new user, one for each set of changes. */
  async function given(...changes: Partial<Session>[]): Promise<{ owner: UserId; all: Session[] }> {
    const owner = await subject().aUser();
    const all = changes.map((each) => aSession(owner, each));
    for (const session of all) await sessions().insert(session);
    return { owner, all };
  }

  it('gives back a session as it was stored', async () => {
    const { owner, all } = await given({}, { client: { ...aSession('' as UserId).client, userAgent: null } });

    expect(await sessions().findOwned(all[0]!.id, owner)).toEqual(all[0]);
    expect(await sessions().findOwned(all[1]!.id, owner)).toEqual(all[1]);
  });

  it('finds a session by its id alone, ended or not, and nothing for an unknown id', async () => {
    const { all } = await given({}, { ended: { at: at(5), reason: 'signout' } });

    expect(await sessions().find(all[0]!.id)).toEqual(all[0]);
    expect(await sessions().find(all[1]!.id)).toEqual(all[1]);
    expect(await sessions().find('f'.repeat(64) as SessionId)).toBeNull();
  });

  it('purges what had its absolute end before then, the oldest first, in bounded steps', async () => {
    // Far back, where no other test has sessions.
    const [early, late] = [-9_000_000, -8_000_000];
    const { all } = await given(
      { expiresAt: at(early + 1) },
      { expiresAt: at(early), idleExpiresAt: at(early - 5) },
      { expiresAt: at(late), ended: { at: at(early), reason: 'signout' } },
      {},
    );
    const left = async (): Promise<boolean[]> =>
      Promise.all(all.map(async ({ id }) => (await sessions().find(id)) !== null));

    expect(await sessions().purge(at(late), 1)).toBe(1);
    expect(await left()).toEqual([true, false, true, true]);
    expect(await sessions().purge(at(late), 10)).toBe(1);
    expect(await sessions().purge(at(late), 10)).toBe(0);
    expect(await left()).toEqual([false, false, true, true]);
  });

  it('v5.0.0-8.2.2 finds nothing for whoever does not own it, and for an unknown id', async () => {
    const { owner, all } = await given({});
    const stranger = await subject().aUser();

    expect(await sessions().findOwned(all[0]!.id, stranger)).toBeNull();
    expect(await sessions().findOwned('f'.repeat(64) as SessionId, owner)).toBeNull();
  });

  it('lists newest first and nobody else', async () => {
    const { owner, all } = await given({ createdAt: at(1) }, { createdAt: at(3) }, { createdAt: at(2) });
    await given({}, {});
    const [one, three, two] = ids(all);

    expect(ids(await sessions().listLive(owner, at(4)))).toEqual([three, two, one]);
    expect(await sessions().countLive(owner, at(4))).toBe(3);
  });

  it.each([
    ['v5.0.0-7.3.1 idle', { idleExpiresAt: at(30), expiresAt: at(60) }],
    ['v5.0.0-7.3.2 absolute', { idleExpiresAt: at(60), expiresAt: at(30) }],
  ])('drops a session at the exact moment of its limit: %s', async (_limit, span) => {
    const { owner, all } = await given(span);
    const justBefore = new Date(at(30).getTime() - 1);

    expect(ids(await sessions().listLive(owner, justBefore))).toEqual(ids(all));
    expect(await sessions().listLive(owner, at(30))).toEqual([]);
    expect(await sessions().countLive(owner, justBefore)).toBe(1);
    expect(await sessions().countLive(owner, at(30))).toBe(0);
    expect(await sessions().findOwned(all[0]!.id, owner)).not.toBeNull();
  });

  it('ends a session once and keeps the first reason', async () => {
    const { owner, all } = await given({});
    const { id } = all[0]!;

    const terminated = { reason: 'terminated', at: at(5) } as const;

    expect(await sessions().end(id, owner, { ...terminated, by: owner })).toEqual([{ id, end: terminated }]);
    expect(await sessions().end(id, owner, signout(6))).toEqual([]);
    expect((await sessions().findOwned(id, owner))?.ended).toEqual({ reason: 'terminated', at: at(5) });
    expect(await sessions().listLive(owner, at(6))).toEqual([]);
  });

  it('v5.0.0-15.4.2 lets one of several who end a session at once be the one that did', async () => {
    const { owner, all } = await given({});
    const outcomes = await Promise.all(
      [1, 2, 3, 4, 5].map((minute) => sessions().end(all[0]!.id, owner, signout(minute))),
    );

    expect(outcomes.flat()).toHaveLength(1);
  });

  it.each([
    ['expired_idle', { idleExpiresAt: at(30), expiresAt: at(60) }],
    ['expired_absolute', { idleExpiresAt: at(30), expiresAt: at(30) }],
  ] as const)('writes down that a session had timed out when somebody ended it: %s', async (reason, span) => {
    const { owner, all } = await given(span);
    const end = { reason, at: at(30) };

    expect(await sessions().end(all[0]!.id, owner, signout(31, owner))).toEqual([{ id: all[0]!.id, end }]);
    expect((await sessions().findOwned(all[0]!.id, owner))?.ended).toEqual(end);
  });

  it('v5.0.0-8.2.2 does not end a session for whoever does not own it', async () => {
    const { owner, all } = await given({});
    const stranger = await subject().aUser();

    expect(await sessions().end(all[0]!.id, stranger, signout(1))).toEqual([]);
    expect(await sessions().countLive(owner, at(1))).toBe(1);
  });

  it('ends all live sessions of the owner but the one to keep, and tells which', async () => {
    const { owner, all } = await given({}, {}, { idleExpiresAt: at(4) }, {});
    const other = await given({});
    const [first, kept, timedOut, last] = ids(all);
    await sessions().end(last!, owner, { reason: 'terminated', at: at(3), by: owner });

    const ended = await sessions().endAll(owner, signout(5), kept!);

    expect(new Map(ended.map(({ id, end }) => [id, end.reason]))).toEqual(
      new Map([
        [first, 'signout'],
        [timedOut, 'expired_idle'],
      ]),
    );
    expect(ids(await sessions().listLive(owner, at(6)))).toEqual([kept]);
    expect((await sessions().findOwned(last!, owner))?.ended?.reason).toBe('terminated');
    expect(await sessions().countLive(other.owner, at(6))).toBe(1);
  });

  it('ends all live sessions when there is none to keep, and nothing when none lives', async () => {
    const { owner, all } = await given({}, {}, {});

    const ended = await sessions().endAll(owner, signout(5), null);

    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set(ids(all)));
    expect(await sessions().endAll(owner, signout(6), null)).toEqual([]);
  });

  it('ends the oldest beyond the number to keep', async () => {
    const { owner, all } = await given(
      { createdAt: at(4), lastAccessAt: at(4) },
      { createdAt: at(1), lastAccessAt: at(9) },
      { createdAt: at(3), lastAccessAt: at(5) },
      { createdAt: at(2), lastAccessAt: at(8) },
    );
    const [newest, oldest, third, second] = ids(all);

    const ended = await sessions().endSurplus(owner, signout(10), { keep: 2, order: 'oldest' });

    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([oldest, second]));
    expect(ids(await sessions().listLive(owner, at(10)))).toEqual([newest, third]);
  });

  it('ends the longest unused beyond the number to keep', async () => {
    const { owner, all } = await given(
      { createdAt: at(4), lastAccessAt: at(4) },
      { createdAt: at(1), lastAccessAt: at(9) },
      { createdAt: at(3), lastAccessAt: at(5) },
      { createdAt: at(2), lastAccessAt: at(8) },
    );
    const [unused, busy, idle, second] = ids(all);

    const ended = await sessions().endSurplus(owner, signout(10), { keep: 2, order: 'idle' });

    expect(new Set(ended.map(({ id }) => id))).toEqual(new Set([unused, idle]));
    expect(new Set(ids(await sessions().listLive(owner, at(10))))).toEqual(new Set([busy, second]));
  });

  it.each(['oldest', 'idle'] as const)(
    'keeps exactly the number to keep when all are equally old, and the same ones every time (%s)',
    async (order) => {
      const { owner, all } = await given({}, {}, {}, {}, {});
      const survivors = ids(all).toSorted().slice(-2);

      expect(await sessions().endSurplus(owner, signout(5), { keep: 2, order })).toHaveLength(3);
      expect(new Set(ids(await sessions().listLive(owner, at(5))))).toEqual(new Set(survivors));
    },
  );

  it('counts only live ones as surplus', async () => {
    const { owner, all } = await given(
      { createdAt: at(9), idleExpiresAt: at(10) },
      { createdAt: at(8) },
      { createdAt: at(1) },
    );
    await sessions().end(all[1]!.id, owner, signout(9));

    expect(await sessions().endSurplus(owner, signout(10), { keep: 1, order: 'oldest' })).toEqual([]);
    expect(ids(await sessions().listLive(owner, at(10)))).toEqual([all[2]!.id]);
  });

  it.each([
    [0, 3],
    [2, 1],
    [3, 0],
    [4, 0],
  ])('with %i to keep of three ends %i', async (keep, expected) => {
    const { owner } = await given({}, {}, {});

    expect(await sessions().endSurplus(owner, signout(5), { keep, order: 'oldest' })).toHaveLength(expected);
  });

  it('leaves the sessions of others alone when it ends a surplus', async () => {
    const { owner } = await given({}, {});
    const other = await given({}, {});
    await sessions().endSurplus(owner, signout(5), { keep: 0, order: 'oldest' });

    expect(await sessions().countLive(other.owner, at(5))).toBe(2);
  });

  it('v5.0.0-2.3.3 joins the work of the caller: what is rolled back has not happened', async () => {
    const { owner, all } = await given({}, {});
    const change = subject().work.run(async () => {
      await sessions().insert(aSession(owner));
      await sessions().end(all[0]!.id, owner, signout(5));
      await sessions().endAll(owner, signout(5), null);
      throw new Error('no');
    });

    await expect(change).rejects.toThrow('no');
    expect(await sessions().countLive(owner, at(5))).toBe(2);
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

    const ended = await sessions().endSurplus(owner, signout(5), { keep: 1, order: 'oldest' });
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
    expect(ended).toEqual([{ id: all[0]!.id, end: { reason: 'replaced', at: at(5) } }]);
    expect(await sessions().countLive(stranger.owner, at(5))).toBe(1);
  });

  it('pages through what is over, newest sign-in first, each once', async () => {
    const { owner, all } = await given(
      { createdAt: at(1) },
      { createdAt: at(2), idleExpiresAt: at(4) },
      { createdAt: at(3) },
      { createdAt: at(3) },
      { createdAt: at(9) },
    );
    for (const index of [0, 2, 3]) await sessions().end(all[index]!.id, owner, signout(5));
    const page = (after: Session | undefined) =>
      sessions().listOver(owner, { now: at(10), size: 2, after: after ?? null });
    const first = await page(undefined);
    const second = await page(first.at(-1));

    expect(ids(first)).toEqual([all[3]!.id, all[2]!.id]);
    expect(ids(second)).toEqual([all[1]!.id, all[0]!.id]);
    expect(await page(second.at(-1))).toEqual([]);
  });

  it('spends a refresh token by moving to the next generation', async () => {
    const { owner, all } = await given({});
    const { id } = all[0]!;
    await sessions().rotate(id, { generation: 3, at: at(9), idleExpiresAt: at(39) });

    expect(await sessions().findOwned(id, owner)).toEqual({
      ...all[0],
      refreshGeneration: 3,
      refreshedAt: at(9),
      lastAccessAt: at(9),
      idleExpiresAt: at(39),
    });
    expect(await sessions().lock('f'.repeat(64) as SessionId)).toBeNull();
  });

  it('ends hundreds of sessions in one call', async () => {
    const { owner } = await given();
    await subject().work.run(async () => {
      for (let count = 0; count < 300; count += 1) await sessions().insert(aSession(owner));
    });

    expect(await sessions().endAll(owner, signout(5), null)).toHaveLength(300);
  });

  it.each([`' or '1'='1`, `x'; drop table sessions; --`, '%', ''])(
    'v5.0.0-1.2.4 takes %j for an id and nothing else',
    async (id) => {
      const { owner } = await given({});

      expect(await sessions().findOwned(id as SessionId, owner)).toBeNull();
      expect(await sessions().end(id as SessionId, owner, signout(1))).toEqual([]);
      expect(await sessions().countLive(owner, at(1))).toBe(1);
    },
  );
}
