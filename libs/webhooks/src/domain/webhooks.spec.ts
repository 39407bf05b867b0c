import type { StoredEvent } from '@app/event-log';
import { isFilter, isWanted, wantedTypes } from '../application/event-filter.js';
import { messageOf } from './message.js';
import { isHopeless, nextTry, restUntil } from './retry.js';

const now = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

const waitMs = (attempts: number, chance: number, retryAfterSeconds: number | null = null): number | null => {
  const at = nextTry(attempts, { now, chance, retryAfterSeconds });
  return at && at.getTime() - now.getTime();
};

describe('retries', () => {
  it('are thirteen tries over about a day, each pause longer than the one before', () => {
    const pauses = Array.from({ length: 13 }, (_, index) => waitMs(index + 1, 0.5));
    expect(pauses.at(-1)).toBeNull();
    const real = pauses.slice(0, -1) as number[];
    expect(real).toEqual(real.toSorted((one, other) => one - other));
    const total = real.reduce((sum, pause) => sum + pause, 0);
    expect(total).toBeGreaterThan(day);
    expect(total).toBeLessThan(1.1 * day);
  });

  it('are spread by a fifth to both sides', () => {
    expect([waitMs(1, 0), waitMs(1, 0.999_999)]).toEqual([4 * second, expect.closeTo(6 * second, -1)]);
  });

  it('come later if the receiver asks for it, up to an hour, and never sooner', () => {
    expect(waitMs(1, 0.5, 90)).toBe(90 * second);
    expect(waitMs(1, 0.5, 1e9)).toBe(hour);
    expect(waitMs(9, 0.5, 1)).toBe(3 * hour);
  });

  it('rest for the whole endpoint when it asks for it, and after ten failures in a row for up to five minutes', () => {
    const restMs = (failures: number, retryAfter: number | null = null): number =>
      (restUntil(failures, now, retryAfter)?.getTime() ?? now.getTime()) - now.getTime();
    expect([restMs(1), restMs(9), restMs(10), restMs(13), restMs(1_000)]).toEqual([
      0,
      0,
      second,
      8 * second,
      300 * second,
    ]);
    expect([restMs(1, 30), restMs(1, 1e9), restMs(1_000, 1)]).toEqual([30 * second, hour, 300 * second]);
  });

  it('end for good when nothing has arrived for five days', () => {
    const since = new Date(now.getTime() - 5 * day);
    expect(isHopeless(10, since, now)).toBe(true);
    expect(isHopeless(9, since, now)).toBe(false);
    expect(isHopeless(10_000, new Date(since.getTime() + 1), now)).toBe(false);
  });
});

describe('filters', () => {
  it('take a type, all of a kind, or everything', () => {
    expect(isWanted(['session.ended'], 'session.ended')).toBe(true);
    expect(isWanted(['session.ended'], 'session.created')).toBe(false);
    expect(isWanted(['session.*'], 'session.created')).toBe(true);
    expect(isWanted(['session.*'], 'user.created')).toBe(false);
    expect(isWanted(['*'], 'key.rotated')).toBe(true);
    expect(isWanted([], 'key.rotated')).toBe(false);
    expect(wantedTypes(['key.*', 'key.rotated'])).toEqual(['key.rotated', 'key.withdrawn']);
  });

  it.each(['sesion.ended', 'session', 'session*', '*.ended', '', 'sess.*', '**'])(
    'cannot be %s, which nothing matches',
    (pattern) => expect(isFilter(pattern)).toBe(false),
  );
});

describe('messages', () => {
  const event: StoredEvent = {
    id: 101,
    type: 'session.ended',
    userId: '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as StoredEvent['userId'],
    sessionId: 'f'.repeat(64),
    tokenId: null,
    gen: 7,
    payload: {
      reason: 'admin',
      by: 'x',
      note: 'wörds of an administrator',
      ip_address: '203.0.113.7',
      device: { browser: 'Firefox' },
      label: 'typed',
      previous_email: 'ann@example.com',
    },
    at: now,
  };

  it('v5.0.0-14.2.3 hold ids and words from fixed lists, and nothing else of the event', () => {
    expect(JSON.parse(messageOf(event).body)).toEqual({
      type: 'session.ended',
      timestamp: '2026-03-01T12:00:00.000Z',
      data: {
        event_id: '101',
        user_id: event.userId,
        session_id: event.sessionId,
        token_id: null,
        details: { reason: 'admin', by: 'x' },
      },
    });
  });

  it('have an id without a full stop, the same each time, another if the number is given to another event', () => {
    const { id } = messageOf(event);
    expect(id).toMatch(/^evt_101_[0-9a-z]+$/);
    expect(messageOf({ ...event }).id).toBe(id);
    expect(messageOf({ ...event, at: new Date(now.getTime() + 1) }).id).not.toBe(id);
  });

  it('keep the order of a session, or else of a user', () => {
    expect(messageOf(event).lane).toBe(event.sessionId);
    expect(messageOf({ ...event, sessionId: null }).lane).toBe(event.userId);
    expect(messageOf({ ...event, sessionId: null, userId: null }).lane).toBeNull();
  });
});
