import { StoreUnavailableError, type UserId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { type Asking, RateLimits } from '../src/application/rate-limits.js';
import type { Offender } from '../src/application/violation-sample.js';
import { MemoryLimiterStore } from '../src/infrastructure/memory/memory-limiter-store.js';
import { bucketRule, logRule } from '../src/testing/limiter-store.contract.js';
import { anInstance, FlakyStore } from '../src/testing/rate-limits.js';

const by: Offender = { userId: null, address: '192.0.2.1' };
const asking = (limit: number): Asking => ({
  policy: 'auth',
  subject: 'address:192.0.2.1',
  rule: logRule(limit),
});

describe(RateLimits, () => {
  let clock: FakeClock;
  let shared: FlakyStore;

  beforeEach(() => {
    clock = new FakeClock();
    shared = new FlakyStore(new MemoryLimiterStore(clock));
  });

  const instance = (size = 1) => anInstance(shared, clock, size);

  /** As the guard does it: what is known first, then the store. */
  async function ask({ limits }: ReturnType<typeof instance>, of: Asking): Promise<boolean> {
    const claims = [limits.claim(of)];
    const verdicts = limits.recall(claims, by) ?? (await limits.consume(claims, by));
    return verdicts.every((verdict) => verdict?.isAllowed);
  }

  async function passesOf(one: ReturnType<typeof instance>, of: Asking, times: number): Promise<number> {
    let passed = 0;
    for (let index = 0; index < times; index += 1) if (await ask(one, of)) passed += 1;
    return passed;
  }

  describe('while the shared store answers', () => {
    it('lets all instances together have the limit', async () => {
      const [one, two] = [instance(2), instance(2)];
      expect((await passesOf(one, asking(5), 3)) + (await passesOf(two, asking(5), 10))).toBe(5);
    });

    it('asks once for a flood, until the refusal ends', async () => {
      const one = instance();
      await passesOf(one, asking(1), 100);
      expect(shared.calls).toBe(2);
      clock.advance(59_000);
      expect(await passesOf(one, asking(1), 100)).toBe(0);
      expect(shared.calls).toBe(2);
      clock.advance(1_000);
      expect(await ask(one, asking(1))).toBe(true);
    });

    it('counts the remembered wait down', async () => {
      const { limits } = instance();
      const claim = limits.claim(asking(1));
      await limits.consume([claim], by);
      await limits.consume([claim], by);
      clock.advance(20_000);
      expect(limits.recall([claim], by)?.[0]).toMatchObject({
        isAllowed: false,
        remaining: 0,
        retryAfterMs: 40_000,
        resetMs: 40_000,
      });
    });

    it('asks again after a minute, so that a reset elsewhere is noticed', async () => {
      const rule = { ...logRule(1), block: { firstMs: 3_600_000, maxMs: 3_600_000 } };
      const [one, two] = [instance(), instance()];
      await passesOf(one, { ...asking(1), rule }, 5);
      await two.limits.reset(two.limits.claim(asking(1)));
      expect(await ask(one, { ...asking(1), rule })).toBe(false);
      clock.advance(60_000);
      expect(await ask(one, { ...asking(1), rule })).toBe(true);
    });

    it('remembers no refusal past a reset or a reward of its own', async () => {
      const one = instance();
      const claim = one.limits.claim(asking(1));
      await passesOf(one, asking(1), 3);
      await one.limits.reset(claim);
      expect(await ask(one, asking(1))).toBe(true);
      expect(await ask(one, asking(1))).toBe(false);
      await one.limits.reward(claim);
      expect(await ask(one, asking(1))).toBe(true);
    });

    it('takes a remembered refusal of a dear request not for one of a cheap request', async () => {
      const one = instance();
      await ask(one, { ...asking(5), cost: 3 });
      expect(await ask(one, { ...asking(5), cost: 3 })).toBe(false);
      expect(await ask(one, { ...asking(5), cost: 2 })).toBe(true);
    });

    it('tells how things stand, and takes and gives units unasked', async () => {
      const { limits } = instance();
      const claim = limits.claim(asking(5));
      await limits.penalise({ ...claim, cost: 4 });
      expect(await limits.peek(claim)).toMatchObject({ isAllowed: true, remaining: 1 });
      expect((await limits.check([{ ...claim, cost: 2 }]))[0]).toMatchObject({ isAllowed: false });
      await limits.reward({ ...claim, cost: 2 });
      expect(await limits.peek(claim)).toMatchObject({ remaining: 3 });
    });

    it('passes on what is no outage', async () => {
      const one = instance();
      shared.failure = new TypeError('a bug');
      await expect(ask(one, asking(1))).rejects.toThrow('a bug');
    });
  });

  describe('while the shared store is away', () => {
    beforeEach(() => {
      shared.isUsable = false;
    });

    it.each([
      [1, 10],
      [2, 5],
      [3, 4],
      [20, 1],
    ])('lets each of %i instances have %i of 10', async (size, share) => {
      expect(await passesOf(instance(size), asking(10), 20)).toBe(share);
      expect(shared.calls).toBe(0);
    });

    it('lets each instance have its part of what flows in', async () => {
      const one = instance(2);
      const bucket = { ...asking(1), rule: bucketRule(6, 6) };
      expect(await passesOf(one, bucket, 10)).toBe(3);
      clock.advance(20_000);
      expect(await passesOf(one, bucket, 10)).toBe(1);
    });

    it('refuses nobody whom it refused alone once the store is back', async () => {
      const one = instance(2);
      expect(await passesOf(one, asking(4), 10)).toBe(2);
      shared.isUsable = true;
      expect(await passesOf(one, asking(4), 10)).toBe(4);
    });

    it('keeps what was refused together refused', async () => {
      shared.isUsable = true;
      const one = instance();
      await passesOf(one, asking(1), 3);
      shared.isUsable = false;
      expect(await ask(one, asking(1))).toBe(false);
    });

    it('can still be told to forget, penalise and reward', async () => {
      const { limits } = instance();
      const claim = limits.claim(asking(2));
      await limits.penalise({ ...claim, cost: 2 });
      expect(await limits.peek(claim)).toMatchObject({ remaining: 0 });
      await limits.reward(claim);
      expect(await limits.peek(claim)).toMatchObject({ remaining: 1 });
      await limits.reset(claim);
      expect(await limits.peek(claim)).toMatchObject({ remaining: 2 });
    });
  });

  /** @see https://github.com/animir/node-rate-limiter-flexible/issues/184 */
  it('turns a failure of the store into a local answer, never into a refusal', async () => {
    const one = instance();
    shared.failure = new StoreUnavailableError('redis');
    expect(await passesOf(one, asking(3), 10)).toBe(3);
  });

  describe('a violation', () => {
    it('is counted by policy, and written to the log once per subject and minute', async () => {
      const one = instance();
      await passesOf(one, asking(1), 10);
      expect(one.events.events).toEqual([
        {
          type: 'rate_limit.exceeded',
          userId: null,
          payload: { policy: 'auth', address: by.address },
          at: clock.now(),
        },
      ]);
      clock.advance(60_000);
      await passesOf(one, asking(1), 10);
      expect(one.events.events).toHaveLength(2);
      const { text } = await one.metrics.render();
      expect(text).toContain('rollcall_rate_limit_total{policy="auth",result="refused"} 18');
    });

    it('of many subjects leaves ten rows a minute', async () => {
      const one = instance();
      for (let index = 0; index < 50; index += 1) {
        await passesOf(one, { ...asking(1), subject: `address:${index}` }, 2);
      }
      expect(one.events.events).toHaveLength(10);
    });

    it('names the user if there is one', async () => {
      const { limits, events } = instance();
      const claim = limits.claim({ ...asking(1), subject: 'user:1' });
      const user = { userId: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId, address: '192.0.2.1' };
      await limits.consume([claim], user);
      await limits.consume([claim], user);
      expect(events.events).toMatchObject([{ userId: user.userId }]);
    });

    it('is refused all the same when the log cannot be written', async () => {
      const one = instance();
      one.events.isAway = true;
      expect(await passesOf(one, asking(1), 5)).toBe(1);
    });
  });

  it('gives the store digests that only this server can make', async () => {
    const { limits } = instance();
    expect(limits.claim(asking(1)).subject).toMatch(/^[\w-]{22}$/);
    expect(limits.claim(asking(1))).toEqual(limits.claim(asking(1)));
    expect(limits.claim({ ...asking(1), subject: 'address:192.0.2.2' }).subject).not.toBe(
      limits.claim(asking(1)).subject,
    );
  });
});
