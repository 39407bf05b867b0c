import { FakeClock } from '@app/testing';
import { type BreakerState, CircuitBreaker } from './circuit-breaker.js';

describe(CircuitBreaker, () => {
  let clock: FakeClock;
  let changes: BreakerState[];
  let breaker: CircuitBreaker;

  beforeEach(() => {
    clock = new FakeClock();
    changes = [];
    breaker = new CircuitBreaker(clock, {
      threshold: 3,
      trialPauseMs: 100,
      onChange: (state) => changes.push(state),
    });
  });

  const fail = (times: number): boolean[] => Array.from({ length: times }, () => breaker.failed());

  it('opens at the third failure in a row and says so once', () => {
    expect(fail(5)).toEqual([false, false, true, false, false]);
    expect([breaker.state, changes]).toEqual(['open', ['open']]);
  });

  it('starts counting anew after a success', () => {
    fail(2);
    breaker.succeeded();
    fail(2);
    expect([breaker.state, changes]).toEqual(['closed', []]);
  });

  it('admits everybody while closed and one trial per pause while open', () => {
    expect([breaker.admits(), breaker.admits()]).toEqual([true, true]);
    fail(3);
    expect(breaker.admits()).toBe(false);
    clock.advance(100);
    expect([breaker.admits(), breaker.admits()]).toEqual([true, false]);
    clock.advance(99);
    expect(breaker.admits()).toBe(false);
    clock.advance(1);
    expect(breaker.admits()).toBe(true);
  });

  it('waits a whole pause after a trial that failed', () => {
    fail(3);
    clock.advance(100);
    expect(breaker.admits()).toBe(true);
    clock.advance(50);
    fail(1);
    clock.advance(99);
    expect(breaker.admits()).toBe(false);
    clock.advance(1);
    expect(breaker.admits()).toBe(true);
  });

  it('closes at the first success', () => {
    fail(3);
    breaker.succeeded();
    expect([breaker.state, breaker.admits(), changes]).toEqual(['closed', true, ['open', 'closed']]);
    expect(fail(2)).toEqual([false, false]);
  });

  it('does not care where the wall clock is put', () => {
    fail(3);
    clock.set(new Date('2040-01-01T00:00:00Z'));
    expect(breaker.admits()).toBe(false);
  });
});
