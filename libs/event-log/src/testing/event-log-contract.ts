import type { SessionId, UnitOfWork, UserId } from '@app/kernel';
import type { DomainEvent } from '../domain/event.js';
import type { EventLog } from '../domain/event-log.js';

export interface EventLogSubject {
  readonly events: EventLog;
  readonly work: UnitOfWork;
  /** All events in the order in which they were appended, as the store holds them. */
  stored(): Promise<(Record<keyof DomainEvent, unknown> & { readonly xid: string })[]>;
  /** The id of the transaction that is under way. */
  transactionId(): Promise<string>;
  clear(): Promise<void>;
}

const userId = '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as UserId;
const at = new Date('2026-01-01T00:00:00.123Z');

const ended = (sessionId: string): DomainEvent => ({
  type: 'session.ended',
  userId,
  sessionId: sessionId as SessionId,
  payload: { reason: 'signout' },
  at,
});

/** What every change relies on when it appends its event. */
export function eventLogContract(subject: () => EventLogSubject): void {
  beforeEach(() => subject().clear());

  it('keeps every part of an event', async () => {
    const event: DomainEvent = {
      type: 'user.sessions_revoked',
      userId,
      sessionId: 's1' as SessionId,
      gen: Number.MAX_SAFE_INTEGER,
      payload: { reason: 'signout_all', ended: 3, nested: { note: `'"\\ 🙂\u2028\n$1` } },
      at,
    };
    await subject().events.append([event]);

    expect(await subject().stored()).toMatchObject([event]);
  });

  it('fills what an event leaves out: no session, no generation, an empty payload', async () => {
    await subject().events.append([{ type: 'user.created', userId, at }]);

    expect(await subject().stored()).toMatchObject([
      { type: 'user.created', userId, sessionId: null, gen: null, payload: {}, at },
    ]);
  });

  it('v5.0.0-2.3.3 writes nothing when the change is rolled back', async () => {
    const change = subject().work.run(async () => {
      await subject().events.append([ended('s1')]);
      throw new Error('the change fails');
    });

    await expect(change).rejects.toThrow('the change fails');
    expect(await subject().stored()).toEqual([]);
  });

  it('marks events with the transaction of their change, so that a reader misses none that commits late', async () => {
    const { events, work } = subject();
    const xids = await Promise.all(
      ['s1', 's2'].map((id) =>
        work.run(async () => {
          await events.append([ended(id)]);
          await events.append([ended(id)]);
          return { id, xid: await subject().transactionId() };
        }),
      ),
    );

    const stored = await subject().stored();
    for (const { id, xid } of xids) {
      expect(stored.filter(({ sessionId }) => sessionId === id).map((event) => event.xid)).toEqual([
        xid,
        xid,
      ]);
    }
    expect(new Set(xids.map(({ xid }) => xid)).size).toBe(2);
  });

  it('keeps the order of the events of one call', async () => {
    const ids = Array.from({ length: 50 }, (_, index) => `s${index}`);
    await subject().events.append(ids.map(ended));

    expect((await subject().stored()).map(({ sessionId }) => sessionId)).toEqual(ids);
  });

  it('takes thousands of events in one call', async () => {
    const ids = Array.from({ length: 2000 }, (_, index) => `${index}`.padStart(64, '0'));
    await subject().events.append(ids.map(ended));

    expect(await subject().stored()).toHaveLength(2000);
  });

  it('takes no event at all without complaint', async () => {
    await expect(subject().events.append([])).resolves.toBeUndefined();
    expect(await subject().stored()).toEqual([]);
  });
}
