import { FakeClock } from '@app/testing';
import { MemoryLimiterStore } from '../src/infrastructure/memory/memory-limiter-store.js';
import { aClaim, limiterStoreContract, logRule } from '../src/testing/limiter-store.contract.js';

describe(MemoryLimiterStore, () => {
  const clock = new FakeClock();
  const store = new MemoryLimiterStore(clock);
  const at = { store, advance: (ms: number) => clock.advance(ms) };

  limiterStoreContract(() => at, 300);

  it('keeps a bounded number of subjects, those seen last', async () => {
    const small = new MemoryLimiterStore(clock);
    const first = aClaim(logRule(1));
    const second = aClaim(logRule(1));
    await small.consume([first]);
    await small.consume([second]);
    for (let index = 0; index < 99_999; index += 1) {
      await small.consume([{ ...first, subject: `flood-${index}` }]);
    }
    expect(small.size).toBe(100_000);
    expect((await small.consume([second]))[0]!.isAllowed).toBe(false);
    expect((await small.consume([first]))[0]!.isAllowed).toBe(true);
  });
});
