import { explore } from './explore.js';
import { EVERY_HAZARD } from './faults.js';
import { findingOf, safe, violated } from './finding.js';
import type { Rule } from './rules.js';
import { DESIGNS, fullWithout } from './rules.js';

// The largest search takes about 15 s on two cores; the room is for slower machines.
jest.setTimeout(10 * 60_000);

describe('the full design under any three faults', () => {
  it('accepts no revoked session as long as Postgres loses no commit', () => {
    const outcome = explore({
      rules: DESIGNS.full,
      hazards: { ...EVERY_HAZARD, lostCommit: false },
      maxFaults: 3,
    });

    expect(findingOf(outcome, safe(5_886_356))).toEqual(safe(5_886_356));
    expect(outcome.validRefused).toBe(0);
  });

  it('fails when Postgres loses the commit and the revoker, cut from Redis, dies before it re-asserts', () => {
    const outcome = explore({ rules: DESIGNS.full, hazards: EVERY_HAZARD, maxFaults: 3 });

    expect(findingOf(outcome, violated(6_462_600))).toEqual(violated(6_462_600));
    expect(outcome.counterexample).toEqual(
      expect.arrayContaining([
        'instance 0 is cut from Redis',
        'Postgres fails over and loses the commit',
        'instance 0 is killed and restarts',
      ]),
    );
  });

  it('fails when Postgres loses the commit and a reader, cut off before, reads it ahead of its first poll', () => {
    const { counterexample } = explore({
      rules: DESIGNS.full,
      hazards: { ...EVERY_HAZARD, kill: false },
      maxFaults: 3,
      stopsAtViolation: true,
    });

    expect(counterexample).toEqual(
      expect.arrayContaining([
        'instance 1 is cut from Redis',
        'instance 1 is cut from Postgres',
        'Postgres fails over and loses the commit',
        'instance 1 answers "accept" (Postgres)',
      ]),
    );
  });
});

describe('the ablations under any two faults, counted to the end', () => {
  const rows: [rule: Rule, states: number][] = [
    ['barrier', 509_363],
    ['lease', 509_270],
    ['late', 509_270],
    ['fence', 509_270],
    ['match', 516_932],
    ['epoch', 427_380],
    ['tombstone', 659_850],
  ];

  it.each(rows)('without %s the search covers %i states', (rule, states) => {
    const outcome = explore({ rules: fullWithout(rule), hazards: EVERY_HAZARD, maxFaults: 2 });

    expect(findingOf(outcome, violated(states))).toEqual(violated(states));
  });
});
