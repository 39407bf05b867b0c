import fc from 'fast-check';
import type { LimiterStore } from '../domain/limiter-store.js';
import type { Claim, Rule, Verdict } from '../domain/rule.js';

/** A store whose clock stands still unless moved. */
export interface StoreAtTime {
  readonly store: LimiterStore;
  advance(ms: number): void;
}

const windowMs = 60_000;

export const logRule = (limit: number): Rule => ({ kind: 'sliding-log', limit, windowMs });
export const windowRule = (limit: number): Rule => ({ kind: 'sliding-window', limit, windowMs });
export const bucketRule = (burst: number, rate = burst): Rule => ({
  kind: 'token-bucket',
  rate,
  perMs: windowMs,
  burst,
});

export const everyRule: [string, (limit: number) => Rule][] = [
  ['sliding log', logRule],
  ['sliding window', windowRule],
  ['token bucket', (limit) => bucketRule(limit)],
];

let made = 0;

/** About a subject that no other test uses. */
export function aClaim(rule: Rule, more: Partial<Claim> = {}): Claim {
  made += 1;
  return { policy: 'test', subject: `subject-${process.pid}-${made}`, rule, cost: 1, ...more };
}

/** One request after the given pause, worth so many units. */
interface Step {
  readonly pauseMs: number;
  readonly cost: number;
}

/** Pauses of half a millisecond up to more than a window, many of them short. */
const schedule = (maxCost: number) =>
  fc.array(
    fc.record({
      pauseMs: fc.oneof(
        { weight: 6, arbitrary: fc.constant(0) },
        { weight: 6, arbitrary: fc.integer({ min: 1, max: 8_000 }).map((half) => half / 2) },
        { weight: 2, arbitrary: fc.integer({ min: windowMs - 3, max: windowMs + 3 }) },
        { weight: 1, arbitrary: fc.integer({ min: windowMs, max: 3 * windowMs }) },
      ),
      cost: fc.integer({ min: 1, max: maxCost }),
    }),
    { minLength: 1, maxLength: 60 },
  );

/** Units let through, each with its time. */
async function admitted(at: StoreAtTime, claim: Claim, steps: readonly Step[]): Promise<number[]> {
  const times: number[] = [];
  let now = 0;
  for (const { pauseMs, cost } of steps) {
    at.advance(pauseMs);
    now += pauseMs;
    const [verdict] = await at.store.consume([{ ...claim, cost }]);
    if (verdict!.isAllowed) times.push(...Array.from({ length: cost }, () => now));
  }
  return times;
}

/** The most units in any window of this length. */
function mostWithin(times: readonly number[], length: number): number {
  return Math.max(0, ...times.map((from) => times.filter((t) => t >= from && t < from + length).length));
}

/** What every LimiterStore does, whatever the rule. */
export function limiterStoreContract(open: () => StoreAtTime, runs: number): void {
  const consume = async (claim: Claim): Promise<Verdict> => (await open().store.consume([claim]))[0]!;
  const check = async (claim: Claim): Promise<Verdict> => (await open().store.check([claim]))[0]!;
  const property = (maxCost: number, holds: (steps: Step[]) => Promise<void>): Promise<void> =>
    fc.assert(fc.asyncProperty(schedule(maxCost), holds), { numRuns: runs });

  describe('whatever the schedule', () => {
    it('the sliding log lets no more than its limit through in any window of its length', async () => {
      await property(3, async (steps) => {
        const times = await admitted(open(), aClaim(logRule(5)), steps);
        expect(mostWithin(times, windowMs)).toBeLessThanOrEqual(5);
      });
    });

    it('the sliding log refuses nothing that fits', async () => {
      await property(1, async (steps) => {
        const claim = aClaim(logRule(3));
        const times: number[] = [];
        let now = 0;
        for (const { pauseMs } of steps) {
          open().advance(pauseMs);
          now += pauseMs;
          const taken = times.filter((time) => time > now - windowMs).length;
          const { isAllowed, remaining } = await consume(claim);
          expect({ isAllowed, remaining }).toEqual({
            isAllowed: taken < 3,
            remaining: Math.max(0, 2 - taken),
          });
          if (isAllowed) times.push(now);
        }
      });
    });

    it('the sliding window stays below twice its limit in any window of its length', async () => {
      await property(3, async (steps) => {
        const times = await admitted(open(), aClaim(windowRule(7)), steps);
        expect(mostWithin(times, windowMs)).toBeLessThan(14);
      });
    });

    it('the token bucket lets no more through than its burst and what flows in', async () => {
      await property(3, async (steps) => {
        const times = await admitted(open(), aClaim(bucketRule(5, 12)), steps);
        for (const length of [1, 5_000, 30_000, windowMs]) {
          expect(mostWithin(times, length)).toBeLessThanOrEqual(5 + Math.ceil((length / windowMs) * 12));
        }
      });
    });

    it.each(everyRule)(
      'the %s allows after the wait it names, and not a millisecond earlier',
      async (_, rule) => {
        await property(2, async (steps) => {
          const at = open();
          const claim = aClaim(rule(4));
          await admitted(at, claim, steps);
          const { isAllowed, retryAfterMs } = await check({ ...claim, cost: 3 });
          if (isAllowed) return;
          at.advance(Math.max(0, retryAfterMs - 1));
          expect((await check({ ...claim, cost: 3 })).isAllowed).toBe(false);
          at.advance(2);
          expect((await consume({ ...claim, cost: 3 })).isAllowed).toBe(true);
        });
      },
    );
  });

  describe.each(everyRule)('a %s', (_, rule) => {
    it('lets exactly its limit through, however many ask at once', async () => {
      const claim = aClaim(rule(5));
      const verdicts = await Promise.all(Array.from({ length: 200 }, () => consume(claim)));
      expect(verdicts.filter(({ isAllowed }) => isAllowed)).toHaveLength(5);
    });

    it('counts down what is left and says how long to wait', async () => {
      const claim = aClaim(rule(2));
      expect(await consume(claim)).toMatchObject({
        isAllowed: true,
        limit: 2,
        remaining: 1,
        retryAfterMs: 0,
      });
      expect(await consume(claim)).toMatchObject({ isAllowed: true, remaining: 0 });
      const refusal = await consume(claim);
      expect(refusal).toMatchObject({ isAllowed: false, limit: 2, remaining: 0, isBlocked: false });
      expect(refusal.retryAfterMs).toBeGreaterThan(0);
      expect(refusal.retryAfterMs).toBeLessThanOrEqual(2 * windowMs);
      expect(refusal.resetMs).toBe(refusal.retryAfterMs);
    });

    it('tells subjects and policies apart', async () => {
      const claim = aClaim(rule(1));
      await consume(claim);
      expect((await consume({ ...claim, policy: 'other' })).isAllowed).toBe(true);
      expect((await consume({ ...claim, subject: `${claim.subject}x` })).isAllowed).toBe(true);
      expect((await consume(claim)).isAllowed).toBe(false);
    });

    it('charges the cost of a request, and nothing for one that is refused', async () => {
      const claim = aClaim(rule(5));
      expect((await consume({ ...claim, cost: 4 })).remaining).toBe(1);
      expect((await consume({ ...claim, cost: 2 })).isAllowed).toBe(false);
      expect((await consume(claim)).remaining).toBe(0);
    });

    it('takes nothing when only checked', async () => {
      const claim = aClaim(rule(1));
      expect(await check(claim)).toMatchObject({ isAllowed: true, remaining: 0 });
      expect(await check({ ...claim, cost: 0 })).toMatchObject({ isAllowed: true, remaining: 1 });
      expect((await consume(claim)).isAllowed).toBe(true);
      expect((await check(claim)).isAllowed).toBe(false);
    });

    it('takes units as a penalty beyond the quota, and gives them back', async () => {
      const claim = aClaim(rule(3));
      await open().store.penalise({ ...claim, cost: 2 });
      expect((await check({ ...claim, cost: 0 })).remaining).toBe(1);
      await open().store.penalise({ ...claim, cost: 3 });
      expect((await check(claim)).isAllowed).toBe(false);
      await open().store.reward({ ...claim, cost: 2 });
      expect((await check({ ...claim, cost: 0 })).remaining).toBe(2);
      await open().store.reward({ ...claim, cost: 3 });
      expect((await check({ ...claim, cost: 0 })).remaining).toBe(3);
    });

    it('forgets on reset', async () => {
      const claim = aClaim(rule(1));
      await consume(claim);
      await open().store.reset(claim);
      expect((await consume(claim)).isAllowed).toBe(true);
    });

    it('takes units of all policies or of none', async () => {
      const [wide, narrow] = [aClaim(rule(10)), aClaim(rule(1))];
      const both = [wide, narrow];
      expect((await open().store.consume(both)).map(({ remaining }) => remaining)).toEqual([9, 0]);
      const [untouched, refused] = await open().store.consume(both);
      expect(untouched).toMatchObject({ isAllowed: true, remaining: 9 });
      expect(refused).toMatchObject({ isAllowed: false });
      expect((await consume(wide)).remaining).toBe(8);
    });

    it('shuts out for its block, twice as long each time, and counts anew after it', async () => {
      const claim = aClaim({ ...rule(1), block: { firstMs: 30_000, maxMs: 100_000 } });
      for (const block of [30_000, 60_000, 100_000, 100_000]) {
        expect((await consume(claim)).isAllowed).toBe(true);
        expect(await consume(claim)).toMatchObject({
          isAllowed: false,
          isBlocked: true,
          retryAfterMs: block,
        });
        open().advance(block - 1_000);
        expect(await consume(claim)).toMatchObject({
          isAllowed: false,
          isBlocked: true,
          retryAfterMs: 1_000,
        });
        open().advance(1_000);
      }
    });

    it('forgets earlier blocks after as long a time without one', async () => {
      const claim = aClaim({ ...rule(1), block: { firstMs: 30_000, maxMs: 100_000 } });
      await consume(claim);
      await consume(claim);
      open().advance(60_000);
      await consume(claim);
      expect(await consume(claim)).toMatchObject({ isBlocked: true, retryAfterMs: 30_000 });
    });

    it('starts a block by penalty, which a reward does not end', async () => {
      const claim = aClaim({ ...rule(1), block: { firstMs: 30_000, maxMs: 30_000 } });
      await open().store.penalise({ ...claim, cost: 2 });
      await open().store.reward({ ...claim, cost: 2 });
      expect(await consume(claim)).toMatchObject({ isBlocked: true, retryAfterMs: 30_000 });
      await open().store.reset(claim);
      expect((await consume(claim)).isAllowed).toBe(true);
    });
  });

  it('takes what another kind of rule has left for nothing', async () => {
    const claim = aClaim(logRule(1));
    for (const [, rule] of everyRule) {
      expect((await consume({ ...claim, rule: rule(1) })).isAllowed).toBe(true);
      expect((await consume({ ...claim, rule: rule(1) })).isAllowed).toBe(false);
    }
  });
}
