import type { UserId } from '@app/kernel';
import { CryptoRandomSource, uuidV7 } from '@app/kernel';
import { partitionOf, partitions } from './partition.js';

describe(partitionOf, () => {
  it('is a number below 256, the same for the same user', () => {
    expect(partitionOf('019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d00' as UserId)).toBe(0);
    expect(partitionOf('019a9f3e-7c41-7d1b-9a55-2f0e6c8b4dff' as UserId)).toBe(partitions - 1);
  });

  it('spreads users that are created in the same millisecond', () => {
    const random = new CryptoRandomSource();
    const now = new Date('2026-01-01T00:00:00Z');
    const used = new Set(Array.from({ length: 4_000 }, () => partitionOf(uuidV7(now, random) as UserId)));
    expect(used.size).toBeGreaterThan(200);
  });
});
