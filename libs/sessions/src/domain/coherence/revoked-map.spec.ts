import type { EventType, LoggedEvent } from '@app/event-log';
import type { SessionId, TokenId, UserId } from '@app/kernel';
import { type Reading, RevokedMap } from './revoked-map.js';

const ann = 'ann' as UserId;
const laptop = 'laptop' as SessionId;
const token = 'token' as TokenId;
const noon = new Date('2026-01-01T12:00:00Z');
const signout = { at: noon, reason: 'signout' } as const;

const reading = (of: Partial<Reading> = {}): Reading => ({
  userId: ann,
  sessionId: laptop,
  gen: 0,
  position: 100,
  ...of,
});

const event = (type: EventType, of: Partial<LoggedEvent> = {}): LoggedEvent => ({
  xid: 50,
  type,
  userId: ann,
  sessionId: null,
  tokenId: null,
  gen: null,
  reason: null,
  at: noon,
  ...of,
});

describe(RevokedMap, () => {
  let map: RevokedMap;

  beforeEach(() => {
    map = new RevokedMap();
    map.coverFrom(10, 'here/1');
  });

  describe('knows from the log', () => {
    it('that a session has ended, however new the reading is', () => {
      map.apply(event('session.ended', { sessionId: laptop, reason: 'admin' }), 0);
      expect(map.objectionTo(reading({ position: 1_000 }), token)).toEqual({
        kind: 'session-ended',
        end: { at: noon, reason: 'admin' },
      });
      expect(map.endOf(laptop)).toEqual({ at: noon, reason: 'admin' });
    });

    it('that older generations of a user are over', () => {
      map.apply(event('user.sessions_revoked', { gen: 3 }), 0);
      expect(map.objectionTo(reading({ gen: 2 }), token)).toEqual({ kind: 'generation-over' });
      expect(map.objectionTo(reading({ gen: 3 }), token)).toBeNull();
    });

    it('that a token is revoked, and no other of its session', () => {
      map.apply(event('token.revoked', { tokenId: token }), 0);
      expect(map.objectionTo(reading(), token)).toEqual({ kind: 'token-revoked' });
      expect(map.objectionTo(reading(), 'other' as TokenId)).toBeNull();
    });

    it('that a reading from before a change of its user is old', () => {
      map.apply(event('user.updated', { xid: 100 }), 0);
      expect(map.objectionTo(reading({ position: 100 }), token)).toEqual({ kind: 'user-changed' });
      expect(map.objectionTo(reading({ position: 101 }), token)).toBeNull();
    });

    it('nothing from what begins a session or a user', () => {
      map.apply(event('user.created'), 0);
      map.apply(event('session.created', { sessionId: laptop }), 0);
      expect([map.objectionTo(reading(), token), map.size]).toEqual([null, 0]);
    });
  });

  it('never takes anything back and takes everything in any order', () => {
    const events = [
      event('session.ended', { sessionId: laptop, reason: 'signout', xid: 60 }),
      event('session.ended', { sessionId: laptop, reason: 'admin', xid: 70, at: new Date(0) }),
      event('user.sessions_revoked', { gen: 5, xid: 80 }),
      event('user.sessions_revoked', { gen: 4, xid: 61 }),
      event('token.revoked', { tokenId: token, sessionId: laptop, xid: 62 }),
    ];
    for (const one of [...events, ...events.toReversed()]) map.apply(one, 0);
    expect(map.everything()).toMatchObject({
      sessions: [{ id: laptop, end: { reason: 'signout' } }],
      generations: [{ userId: ann, gen: 5 }],
      tokens: [{ id: token, userId: ann, sessionId: laptop }],
    });
  });

  it('covers readings of its own history from where it began', () => {
    expect([map.covers(9, 'here/1'), map.covers(10, 'here/1'), map.covers(11, 'here/2')]).toEqual([
      false,
      true,
      false,
    ]);
  });

  it('covers nothing before it has begun', () => {
    expect(new RevokedMap().covers(Number.MAX_SAFE_INTEGER, 'here/1')).toBe(false);
  });

  describe('when it forgets', () => {
    it('keeps what is young and remembers everything else no more', () => {
      map.noteSessionEnd(laptop, signout, 0, 50);
      map.noteSessionEnd('phone' as SessionId, signout, 100, 51);
      map.prune(100, 1_000);
      expect([map.endOf(laptop), map.endOf('phone' as SessionId)]).toEqual([null, signout]);
    });

    it('covers no more readings that may have missed it, and still all later ones', () => {
      map.noteSessionEnd(laptop, signout, 0, 50);
      map.prune(100, 1_000);
      expect([map.covers(50, 'here/1'), map.covers(51, 'here/1')]).toEqual([false, true]);
    });

    it('covers only readings from now on if it had not heard of the transaction', () => {
      map.noteSessionEnd(laptop, signout, 0);
      map.prune(100, 1_000);
      expect([map.covers(999, 'here/1'), map.covers(1_000, 'here/1')]).toEqual([false, true]);
    });

    it('knows the transaction of what this process had revoked itself from the log', () => {
      map.noteSessionEnd(laptop, signout, 0);
      map.apply(event('session.ended', { sessionId: laptop, reason: 'admin', xid: 70 }), 5);
      expect(map.endOf(laptop)).toEqual(signout);
      map.prune(100, 1_000);
      expect([map.covers(70, 'here/1'), map.covers(71, 'here/1')]).toEqual([false, true]);
    });

    it('changes nothing when there is nothing old', () => {
      map.noteToken({ id: token, userId: ann, sessionId: laptop }, 100, 50);
      map.prune(100, 1_000);
      expect(map.covers(10, 'here/1')).toBe(true);
    });

    it('is not held up by a user who changes all the time', () => {
      map.apply(event('user.updated', { xid: 20 }), 0);
      for (let xid = 21; xid < 200; xid += 1) {
        map.apply(event('user.updated', { xid, userId: `user-${xid}` }), xid);
        map.apply(event('user.updated', { xid }), xid);
      }
      map.prune(190, 1_000);
      expect(map.size).toBe(1 + 10);
    });
  });
});
