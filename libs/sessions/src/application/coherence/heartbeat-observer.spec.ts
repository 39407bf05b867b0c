import { FakeClock } from '@app/testing';
import { HeartbeatObserver } from './heartbeat-observer.js';

describe(HeartbeatObserver, () => {
  let clock: FakeClock;
  let observer: HeartbeatObserver;

  beforeEach(() => {
    clock = new FakeClock();
    observer = new HeartbeatObserver(clock);
  });

  const beatOf = (id: string, beat: number): { id: string; name: string; beat: number } => ({
    id,
    name: id,
    beat,
  });

  it('counts silence from when it saw the beat first, not from when it was made', () => {
    expect(observer.silenceOf(beatOf('a', 5))).toBe(0);
    clock.advance(700);
    expect(observer.silenceOf(beatOf('a', 5))).toBe(700);
  });

  it('begins anew with each beat', () => {
    observer.silenceOf(beatOf('a', 5));
    clock.advance(700);
    expect(observer.silenceOf(beatOf('a', 6))).toBe(0);
    clock.advance(10);
    expect(observer.silenceOf(beatOf('a', 6))).toBe(10);
  });

  it('does not compare with the clock of anybody, and not with its own wall clock', () => {
    observer.silenceOf(beatOf('a', 5));
    clock.set(new Date('2036-01-01T00:00:00Z'));
    expect(observer.silenceOf(beatOf('a', 5))).toBe(0);
  });

  it('tells for each of a list how long it has been silent', () => {
    observer.observe([beatOf('a', 1), beatOf('b', 1)]);
    clock.advance(250);
    expect(observer.observe([beatOf('a', 1), beatOf('b', 2)])).toEqual([
      { ...beatOf('a', 1), silentMs: 250 },
      { ...beatOf('b', 2), silentMs: 0 },
    ]);
  });

  it('forgets who is not in the list', () => {
    observer.observe([beatOf('a', 1)]);
    clock.advance(5_000);
    observer.observe([]);
    expect(observer.silenceOf(beatOf('a', 1))).toBe(0);
  });
});
