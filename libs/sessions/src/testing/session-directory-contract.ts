import type { SessionId } from '@app/kernel';
import type {
  SessionDirectory,
  SessionFilter,
  SessionPlace,
  SessionSearch,
} from '../domain/session-directory.js';
import { at, repositoryStand, type SessionRepositorySubject } from './session-repository-subject.js';

export interface SessionDirectorySubject extends SessionRepositorySubject {
  /** Looks at three rows with one statement and at six for one page. */
  readonly directory: SessionDirectory;
}

const device = { browser: 'Firefox', os: null, kind: 'desktop' } as const;
const client = (ipAddress: string) => ({ ipAddress, userAgent: null, device });

/** What administrators and bulk ends rely on. Each story is about the sessions of one user. */
export function sessionDirectoryContract(subject: () => SessionDirectorySubject): void {
  const { given } = repositoryStand(subject);
  const directory = (): SessionDirectory => subject().directory;

  /** All pages; how many there were. */
  async function pages(of: SessionSearch, size = 2): Promise<{ ids: SessionId[]; count: number }> {
    const ids: SessionId[] = [];
    let count = 0;
    for (let after: SessionPlace | null = null; ;) {
      const page = await directory().list(of, { now: at(10), size, after });
      expect(page.sessions.length).toBeLessThanOrEqual(size);
      ids.push(...page.sessions.map(({ id }) => id));
      count += 1;
      if (!page.next) return { ids, count };
      after = page.next;
    }
  }

  const found = async (of: SessionSearch): Promise<SessionId[]> => (await pages(of)).ids;

  it('lists newest first, each once, whatever the page', async () => {
    const { owner, all } = await given(...[3, 1, 4, 1, 5].map((minute) => ({ createdAt: at(minute) })));
    const { ids } = await pages({ userId: owner });
    expect(new Set(ids)).toEqual(new Set(all.map(({ id }) => id)));
    expect(ids).toHaveLength(5);
    expect([ids[0], ids[1]]).toEqual([all[4]!.id, all[2]!.id]);
  });

  it('finds a rare one behind many that do not match, over pages with nothing on them', async () => {
    const many = Array.from({ length: 14 }, (_, minute) => ({ createdAt: at(minute / 2 + 1) }));
    const { owner, all } = await given({ createdAt: at(0), profile: 'strict' }, ...many);
    const { ids, count } = await pages({ userId: owner, profile: 'strict' });
    expect(ids).toEqual([all[0]!.id]);
    expect(count).toBeGreaterThan(1);
  });

  it('takes addresses and networks, and no text for an address', async () => {
    const { owner, all } = await given(
      { client: client('192.0.2.1') },
      { client: client('192.0.3.1') },
      { client: client('2001:db8::1') },
      { client: client('unknown') },
      { client: client('fe80::1%eth0') },
    );
    const by = async (network: string): Promise<number[]> =>
      (await found({ userId: owner, network }))
        .map((id) => all.findIndex((one) => one.id === id))
        .toSorted((one, other) => one - other);
    expect(await by('192.0.2.1')).toEqual([0]);
    expect(await by('192.0.2.0/23')).toEqual([0, 1]);
    expect(await by('2001:db8::/32')).toEqual([2]);
    expect(await by('0.0.0.0/0')).toEqual([0, 1]);
  });

  it('agrees with what ends a session on its state and reason', async () => {
    const { owner, all } = await given(
      {},
      { idleExpiresAt: at(9) },
      { idleExpiresAt: at(9), expiresAt: at(9) },
      { ended: { at: at(5), reason: 'signout' } },
      { idleExpiresAt: at(4), ended: { at: at(4), reason: 'expired_idle' } },
    );
    const by = async (of: SessionSearch): Promise<number[]> =>
      (await found({ userId: owner, ...of }))
        .map((id) => all.findIndex((one) => one.id === id))
        .toSorted((one, other) => one - other);
    expect(await by({ state: 'live' })).toEqual([0]);
    expect(await by({ state: 'expired' })).toEqual([1, 2, 4]);
    expect(await by({ state: 'ended' })).toEqual([3]);
    expect(await by({ reason: 'expired_idle' })).toEqual([1, 4]);
    expect(await by({ reason: 'expired_absolute' })).toEqual([2]);
    expect(await by({ reason: 'signout' })).toEqual([3]);
  });

  it('counts exactly those that it hands out: live, begun in time, and not kept', async () => {
    const { owner, all } = await given(
      ...Array.from({ length: 7 }, () => ({})),
      { createdAt: at(9) },
      { ended: { at: at(5), reason: 'signout' as const } },
      { idleExpiresAt: at(9) },
    );
    const of: SessionFilter = { userId: owner };
    const walk = { now: at(10), until: at(8), keep: all[0]!.id };
    let counted = 0;
    for (let after: SessionPlace | null = null; ;) {
      const { count, next } = await directory().countLive(of, { ...walk, after });
      counted += count;
      if (!next) break;
      after = next;
    }
    const taken: SessionId[] = [];
    for (let after: SessionPlace | null = null; ;) {
      const { sessions, next } = await directory().takeLive(of, { ...walk, after }, 2);
      taken.push(...sessions.map(({ id }) => id));
      if (!next) break;
      after = next;
    }
    expect(counted).toBe(6);
    expect(taken.toSorted()).toEqual(
      all
        .slice(1, 7)
        .map(({ id }) => id)
        .toSorted(),
    );
  });
}
