import type { SessionsConfig } from '@app/config';
import { FakeClock } from '@app/testing';
import { aCachedSession } from '../../testing/builders.js';
import { LocalSessions } from './local-sessions.js';

describe(LocalSessions, () => {
  const clock = new FakeClock();
  const lasting = (localCacheMs: number): LocalSessions =>
    new LocalSessions(clock, { localCacheMs } as SessionsConfig);

  it('keeps a session for the time configured', () => {
    const local = lasting(5_000);
    const entry = aCachedSession();
    local.keep(entry);
    clock.advance(4_999);
    expect(local.find(entry.sessionId)).toBe(entry);
    clock.advance(1);
    expect(local.find(entry.sessionId)).toBeNull();
  });

  it('does not keep anything longer because the wall clock was put back', () => {
    const local = lasting(5_000);
    const entry = aCachedSession();
    local.keep(entry);
    clock.set(new Date('2020-01-01T00:00:00Z'));
    clock.advance(5_000);
    expect(local.find(entry.sessionId)).toBeNull();
  });

  it('keeps nothing when it is turned off', () => {
    const local = lasting(0);
    const entry = aCachedSession();
    local.keep(entry);
    expect(local.find(entry.sessionId)).toBeNull();
  });

  it('gives up the oldest of more than 50,000', () => {
    const local = lasting(5_000);
    const entries = Array.from({ length: 50_001 }, () => aCachedSession());
    entries.forEach((entry) => local.keep(entry));
    expect(local.find(entries[0]!.sessionId)).toBeNull();
    expect(local.find(entries[1]!.sessionId)).toBe(entries[1]);
    expect(local.find(entries.at(-1)!.sessionId)).toBe(entries.at(-1));
  });
});
