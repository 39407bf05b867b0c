import { StoreUnavailableError, type SessionId } from '@app/kernel';
import { createLogger, Log } from '@app/telemetry';
import { FakeClock } from '@app/testing';
import { ActivityStore, maxAddresses, maxUsesAtOnce, type SessionUse } from '../../domain/activity.js';
import { aSessionId, aSessionsConfig } from '../../testing/builders.js';
import { ActivityRunner } from './activity-runner.js';
import { SessionActivity } from './session-activity.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const [idle, absolute] = [900, 3_600];
const at = (seconds: number): Date => new Date(noon.getTime() + seconds * 1_000);

/** Remembers what it was given; does what a test tells it meanwhile. */
class ScriptedStore extends ActivityStore {
  readonly written: SessionUse[][] = [];
  during: (uses: readonly SessionUse[]) => SessionId[] | Promise<SessionId[]> = () => [];

  async write(uses: readonly SessionUse[]): Promise<SessionId[]> {
    const busy = await this.during(uses);
    this.written.push(uses.filter(({ sessionId }) => !busy.includes(sessionId)));
    return busy;
  }

  async extend(): Promise<Date | null> {
    return null;
  }
}

function setup() {
  const clock = new FakeClock(noon);
  const store = new ScriptedStore();
  const config = aSessionsConfig({ idleSeconds: idle, absoluteSeconds: absolute });
  const activity = new SessionActivity(store, clock, new Log(createLogger('silent')), config);
  const id = aSessionId();
  const note = (of = id, address = '192.0.2.1'): void =>
    activity.note({ id: of, profile: 'standard' }, address);
  const idleEnd = (stored = at(idle)): Date =>
    activity.upToDate({ id, idleExpiresAt: stored, expiresAt: at(absolute) }).idleExpiresAt;
  const useAt = (seconds: number): void => {
    clock.set(at(seconds));
    note();
  };
  return { clock, store, config, activity, id, note, idleEnd, useAt };
}

const unavailable = (): never => {
  throw new StoreUnavailableError('postgres');
};

describe(SessionActivity.name, () => {
  it('writes each session once, with all its uses', async () => {
    const { activity, store, note, useAt, id } = setup();
    const other = aSessionId();
    useAt(1);
    note(other, '192.0.2.2');
    useAt(4);
    await activity.flush();
    const common = { idleSeconds: idle };
    expect(store.written).toEqual([
      [
        { sessionId: id, count: 2, firstAt: at(1), lastAt: at(4), addresses: ['192.0.2.1'], ...common },
        { sessionId: other, count: 1, firstAt: at(1), lastAt: at(1), addresses: ['192.0.2.2'], ...common },
      ],
    ]);
    await activity.flush();
    expect(store.written).toHaveLength(1);
  });

  it('knows the idle end before it is written, while it is, and as long as it cannot be', async () => {
    const { activity, store, idleEnd, useAt } = setup();
    expect(idleEnd()).toEqual(at(idle));
    useAt(100);
    expect(idleEnd()).toEqual(at(100 + idle));
    store.during = () => {
      expect(idleEnd()).toEqual(at(100 + idle));
      useAt(200);
      expect(idleEnd()).toEqual(at(200 + idle));
      return unavailable();
    };
    await activity.flush();
    expect(idleEnd()).toEqual(at(200 + idle));
    useAt(3_000);
    expect(idleEnd()).toEqual(at(absolute));
  });

  it('keeps a session alive by uses that hold on to each other, for as long as nothing can be written', async () => {
    const { activity, store, idleEnd, useAt } = setup();
    store.during = unavailable;
    for (let minute = 10; minute <= 50; minute += 10) {
      useAt(minute * 60);
      await activity.flush();
      expect(idleEnd()).toEqual(at(Math.min(minute * 60 + idle, absolute)));
    }
    store.during = () => [];
    await activity.flush();
    expect(store.written.flat()).toMatchObject([{ count: 5, firstAt: at(600), lastAt: at(3_000) }]);
  });

  it('does not revive a session by a use after its idle end', () => {
    const { idleEnd, useAt } = setup();
    useAt(idle);
    expect(idleEnd()).toEqual(at(idle));
    expect(idleEnd(at(idle - 10))).toEqual(at(idle - 10));
  });

  it('writes again only what has not been written', async () => {
    const { activity, store, note } = setup();
    const ids = Array.from({ length: 2 * maxUsesAtOnce + 1 }, aSessionId);
    ids.forEach((id) => note(id));
    const busy = ids[7]!;
    store.during = (uses) => (uses[0]!.sessionId === ids[0] ? [busy] : unavailable());
    await activity.flush();
    expect(store.written.map((uses) => uses.length)).toEqual([maxUsesAtOnce - 1]);
    note(busy);
    store.during = () => [];
    await activity.flush();
    const counts = new Map<SessionId, number>();
    for (const { sessionId, count } of store.written.flat())
      counts.set(sessionId, (counts.get(sessionId) ?? 0) + count);
    expect(counts.size).toBe(ids.length);
    expect([...counts].filter(([, count]) => count !== 1)).toEqual([[busy, 2]]);
  });

  it('keeps addresses distinct, the newest first and within bounds, also when they wait', async () => {
    const { activity, store, note } = setup();
    const addresses = Array.from({ length: 14 }, (_, index) => `192.0.2.${index}`);
    for (const address of addresses.slice(0, 12)) note(undefined, address);
    note(undefined, '192.0.2.5');
    store.during = unavailable;
    await activity.flush();
    for (const address of addresses.slice(12)) note(undefined, address);
    store.during = () => [];
    await activity.flush();
    const [use] = store.written.flat();
    expect(use!.addresses.slice(0, 4)).toEqual(['192.0.2.13', '192.0.2.12', '192.0.2.5', '192.0.2.11']);
    expect(new Set(use!.addresses).size).toBe(maxAddresses);
  });

  it('calls a use urgent when others could find the session idle before the next flush but one', () => {
    const { activity, clock } = setup();
    const isUrgentAt = (seconds: number, end = at(absolute)): boolean => {
      clock.set(at(seconds));
      return activity.isUrgent(at(idle), end);
    };
    expect([isUrgentAt(idle - 21), isUrgentAt(idle - 20), isUrgentAt(idle - 1)]).toEqual([false, true, true]);
    expect(isUrgentAt(idle - 1, at(idle))).toBe(false);
  });

  it('holds a bounded number of sessions and counts those it knows', async () => {
    const { activity, store, note, id } = setup();
    note();
    for (let session = 0; session < 100_010; session += 1) note(aSessionId());
    note();
    await activity.flush();
    const uses = store.written.flat();
    expect(uses).toHaveLength(100_000);
    expect(uses[0]).toMatchObject({ sessionId: id, count: 2 });
  });
});

describe(ActivityRunner.name, () => {
  it('flushes on time, and everything when it stops', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    const { activity, store, config, note } = setup();
    const runner = new ActivityRunner(activity, config);
    runner.onModuleInit();
    note();
    await jest.advanceTimersByTimeAsync(9_999);
    expect(store.written).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(store.written).toHaveLength(1);
    note();
    store.during = () => {
      store.during = () => [];
      note();
      return [];
    };
    await runner.onApplicationShutdown();
    expect(store.written.flat().map(({ count }) => count)).toEqual([1, 1, 1]);
    note();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(store.written).toHaveLength(3);
    jest.useRealTimers();
  });
});
