import { StoreUnavailableError } from '@app/kernel';
import { type LiveCount, SessionStatistics } from '@app/sessions';
import { FakeClock } from '@app/testing';
import { ActiveNow } from './active-now.js';

/** Takes as long as it is told, and counts one more each time. */
class SlowCounter extends SessionStatistics {
  counts = 0;
  takesMs = 10;
  fails = false;

  constructor(private readonly clock: FakeClock) {
    super();
  }

  override async countLive(): Promise<LiveCount> {
    this.counts += 1;
    if (this.fails) throw new StoreUnavailableError('postgres');
    this.clock.advance(this.takesMs);
    return { sessions: this.counts, users: 1 };
  }

  override ofUser(): Promise<never> {
    throw new Error('not asked');
  }
}

describe(ActiveNow.name, () => {
  let clock: FakeClock;
  let counter: SlowCounter;
  let active: ActiveNow;

  beforeEach(() => {
    clock = new FakeClock();
    counter = new SlowCounter(clock);
    active = new ActiveNow(counter, clock);
  });

  const sessions = async (): Promise<number> => (await active.count()).sessions;

  it('counts once for all who ask within two seconds', async () => {
    expect(await Promise.all([sessions(), sessions(), sessions()])).toEqual([1, 1, 1]);
    clock.advance(1_999);
    expect(await sessions()).toBe(1);
    clock.advance(1);
    expect(await sessions()).toBe(2);
  });

  it('rests twenty times as long as a count took, and tells the one before meanwhile', async () => {
    counter.takesMs = 1_000;
    expect(await sessions()).toBe(1);
    clock.advance(19_999);
    expect(await sessions()).toBe(1);
    clock.advance(1);
    expect([await sessions(), await sessions()]).toEqual([1, 2]);
    expect(counter.counts).toBe(2);
  });

  it('fails where it has never counted, and counts again as soon as it can', async () => {
    counter.fails = true;
    await expect(sessions()).rejects.toThrow(StoreUnavailableError);
    counter.fails = false;
    expect(await sessions()).toBe(2);
  });
});
