import { Rounds } from './rounds.js';

const interval = 1_000;

describe(Rounds.name, () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  /** Rounds that end when the test says so. */
  function setup() {
    const ends: ((hasMore?: boolean) => void)[] = [];
    const rounds = new Rounds(
      () => new Promise<boolean>((end) => ends.push((more = false) => end(more))),
      interval,
    );
    const end = async (hasMore?: boolean) => {
      ends.at(-1)!(hasMore);
      await jest.advanceTimersByTimeAsync(0);
    };
    return { rounds, end, begun: () => ends.length, pass: (ms: number) => jest.advanceTimersByTimeAsync(ms) };
  }

  it('waits the interval from the end of a round to the next', async () => {
    const { rounds, end, begun, pass } = setup();
    rounds.start();
    await pass(interval - 1);
    expect(begun()).toBe(0);
    await pass(1 + 10 * interval);
    expect(begun()).toBe(1);
    await end();
    await pass(interval - 1);
    expect(begun()).toBe(1);
    await pass(1);
    expect(begun()).toBe(2);
  });

  it('goes on at once while there is more', async () => {
    const { rounds, end, begun } = setup();
    rounds.start(0);
    await jest.advanceTimersByTimeAsync(0);
    await end(true);
    await end(true);
    await end(false);
    expect(begun()).toBe(3);
  });

  it('starts at once on a hint, one round at a time, and again for a hint that came during a round', async () => {
    const { rounds, end, begun, pass } = setup();
    rounds.start();
    rounds.hint();
    rounds.hint();
    await pass(0);
    expect(begun()).toBe(1);
    rounds.hint();
    await pass(interval);
    expect(begun()).toBe(1);
    await end();
    expect(begun()).toBe(2);
    await end();
    expect(begun()).toBe(2);
  });

  it('waits at the stop for the round under way, and never starts another, whoever hints', async () => {
    const { rounds, end, begun, pass } = setup();
    rounds.start(0);
    await pass(0);
    let isStopped = false;
    const stopping = rounds.stop().then(() => (isStopped = true));
    await pass(interval);
    expect(isStopped).toBe(false);
    await end(true);
    await stopping;
    rounds.hint();
    await pass(interval);
    expect(begun()).toBe(1);
  });

  it('does nothing before the start, though somebody hints', async () => {
    const { rounds, begun, pass } = setup();
    rounds.hint();
    await pass(interval);
    expect(begun()).toBe(0);
  });
});
