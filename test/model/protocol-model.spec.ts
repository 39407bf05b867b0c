import type { Scenario } from './explore.js';
import { explore } from './explore.js';
import type { Hazard } from './faults.js';
import { EVERY_HAZARD, only } from './faults.js';
import type { Finding } from './finding.js';
import { findingOf, safe, violated } from './finding.js';
import type { Design, Rule } from './rules.js';
import { DESIGNS, fullWithout } from './rules.js';

const designs: Design[] = ['naive', 'strictdel', 'tomb', 'full'];

type Row = [title: string, hazard: Hazard, naive: Finding, strictdel: Finding, tomb: Finding, full: Finding];

const rows: Row[] = [
  ['a fill that lands late', 'lateFill', violated(469), violated(469), safe(252), safe(411)],
  ['a revoker cut from Redis', 'revokerCutFromRedis', violated(580), safe(501), safe(380), safe(697)],
  ['Redis going down and coming back', 'redisDown', violated(688), safe(593), safe(462), safe(831)],
  ['Redis restarting on an old AOF', 'oldAof', violated(348), violated(348), violated(233), safe(945)],
  ['a lagging failover', 'splitFailover', violated(690), violated(690), violated(477), safe(1767)],
  ['Postgres going down', 'postgresDown', safe(363), safe(363), safe(252), safe(1363)],
  ['FLUSHALL', 'flushAll', safe(349), safe(349), safe(297), safe(1658)],
];

const claims = rows.flatMap(([title, hazard, naive, strictdel, tomb, full]) => {
  const findings: Record<Design, Finding> = { naive, strictdel, tomb, full };
  return designs.map((design) => {
    const scenario: Scenario = { rules: DESIGNS[design], hazards: only(hazard), maxFaults: 1 };
    return { design, title, scenario, expected: findings[design], verdict: findings[design].verdict };
  });
});

describe('each design against each hazard', () => {
  it.each(claims)('$design under $title is $verdict', ({ scenario, expected }) => {
    expect(findingOf(explore(scenario), expected)).toEqual(expected);
  });

  it('only the full design confirms a revocation, safely, that Redis never received', () => {
    const outcomes = designs.map((design) => {
      const { completeWithoutRedis, counterexample } = explore({
        rules: DESIGNS[design],
        hazards: only('revokerCutFromRedis', 'redisDown'),
        maxFaults: 1,
      });
      return [design, { confirms: completeWithoutRedis > 0, isSafe: counterexample === null }];
    });

    expect(Object.fromEntries(outcomes)).toEqual({
      naive: { confirms: true, isSafe: false },
      strictdel: { confirms: false, isSafe: true },
      tomb: { confirms: false, isSafe: true },
      full: { confirms: true, isSafe: true },
    });
  });
});

describe('the full design', () => {
  const rules = DESIGNS.full;

  it('accepts no revoked session, refuses no valid one and confirms revocations without Redis under any one fault', () => {
    const outcome = explore({ rules, hazards: EVERY_HAZARD, maxFaults: 1 });

    expect(findingOf(outcome, safe(22_187))).toEqual(safe(22_187));
    expect(outcome.validRefused).toBe(0);
    expect(outcome.completeWhileRedisDown).toBeGreaterThan(0);
  });

  it('accepts no revoked session under any two faults', () => {
    const outcome = explore({ rules, hazards: EVERY_HAZARD, maxFaults: 2 });

    expect(findingOf(outcome, safe(509_270))).toEqual(safe(509_270));
    expect(outcome.validRefused).toBe(0);
  });

  it('refuses valid sessions in a Postgres outage once cache-only mode is taken away', () => {
    const outcome = explore({ rules: fullWithout('cacheOnly'), hazards: only('postgresDown'), maxFaults: 1 });

    expect(outcome.validRefused).toBeGreaterThan(0);
  });
});

describe('every safety rule is load-bearing', () => {
  const loadBearing: [rule: Rule, faultsNeeded: number, lastStep: string][] = [
    ['barrier', 1, 'instance 1 answers "accept" (own memory under a fresh feed)'],
    ['lease', 2, 'instance 1 answers "accept" (entry)'],
    ['late', 2, 'instance 1 answers "accept" (own memory under a fresh feed)'],
    ['fence', 2, 'instance 1 answers "accept" (entry, cache-only mode)'],
    ['match', 2, 'instance 1 answers "accept" (entry, cache-only mode)'],
    ['epoch', 2, 'instance 1 answers "accept" (entry, cache-only mode)'],
    ['tombstone', 1, 'instance 1 answers "accept" (entry, cache-only mode)'],
  ];

  it.each(loadBearing)(
    'without %s a revoked session is accepted (faults needed: %i)',
    (rule, needed, lastStep) => {
      const scenario: Scenario = {
        rules: fullWithout(rule),
        hazards: EVERY_HAZARD,
        maxFaults: needed,
        stopsAtViolation: true,
      };

      expect(explore({ ...scenario, maxFaults: needed - 1 }).counterexample).toBeNull();
      expect(explore(scenario).counterexample?.at(-1)).toBe(lastStep);
    },
  );

  it('re-assertion alone is not: two faults do not expose its absence', () => {
    const outcome = explore({ rules: fullWithout('reassert'), hazards: EVERY_HAZARD, maxFaults: 2 });

    expect(findingOf(outcome, safe(508_232))).toEqual(safe(508_232));
  });
});
