import type { SessionId, UserId } from '@app/kernel';
import type { Session } from '../domain/session.js';
import {
  aSession,
  at,
  repositoryStand,
  type SessionRepositorySubject,
} from './session-repository-subject.js';
import { sessionSurplusContract } from './session-surplus-contract.js';

/** What listing, counting and ending of sessions rely on. */
export function sessionRepositoryContract(subject: () => SessionRepositorySubject): void {
  const { given, ids, sessions, signout } = repositoryStand(subject);

  describe('at the limit and with shares', () => sessionSurplusContract(subject));

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
    const { id, createdAt: beganAt } = all[0]!;

    const terminated = { reason: 'terminated', at: at(5) } as const;

    expect(await sessions().end(id, owner, { ...terminated, by: owner })).toEqual([
      { id, end: terminated, beganAt },
    ]);
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

    const { id, createdAt: beganAt } = all[0]!;
    expect(await sessions().end(id, owner, signout(31, owner))).toEqual([{ id, end, beganAt }]);
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
