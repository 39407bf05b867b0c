import { FakeClock } from '../src/index.js';

describe(FakeClock.name, () => {
  it('stands still until it is advanced, then moves both clocks', () => {
    const clock = new FakeClock(new Date('2026-03-01T10:00:00Z'));
    clock.advance(1_500);
    expect(clock.now()).toEqual(new Date('2026-03-01T10:00:01.500Z'));
    expect(clock.monotonicMs()).toBe(1_500);
  });

  it('moves only the wall clock when that is set', () => {
    const clock = new FakeClock();
    clock.advance(10);
    clock.set(new Date('2020-01-01T00:00:00Z'));
    expect(clock.now()).toEqual(new Date('2020-01-01T00:00:00Z'));
    expect(clock.monotonicMs()).toBe(10);
  });

  it('gives out times that nobody can change for it', () => {
    const clock = new FakeClock();
    clock.now().setTime(0);
    expect(clock.now()).toEqual(new Date('2026-01-01T00:00:00Z'));
  });

  it('refuses to run backwards', () => {
    expect(() => new FakeClock().advance(-1)).toThrow(RangeError);
  });
});
