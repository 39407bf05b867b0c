import type { UserId } from '@app/kernel';
import type { EventLog } from '../domain/event-log.js';
import type { LogSource } from '../domain/log-source.js';

export interface LogUnderTest {
  readonly source: LogSource;
  readonly log: EventLog;
  /** Runs as a use case does. */
  readonly commit: (work: () => Promise<void>) => Promise<void>;
}

const at = new Date('2026-01-01T12:00:00.123Z');

/** What every LogSource does, whatever is behind it. */
export function logSourceContract(current: () => LogUnderTest): void {
  const userId = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d10' as UserId;
  const append = (sessionId: string): Promise<void> =>
    current().commit(() =>
      current().log.append([
        { type: 'session.ended', userId, sessionId: sessionId as never, payload: { reason: 'admin' }, at },
      ]),
    );

  it('delivers what was committed since the position, whole', async () => {
    const { position } = await current().source.poll(0);
    await append('whole');
    const { events } = await current().source.poll(position);
    expect(events).toEqual([
      {
        xid: expect.any(Number),
        type: 'session.ended',
        userId,
        sessionId: 'whole',
        tokenId: null,
        gen: null,
        reason: 'admin',
        at,
      },
    ]);
  });

  it('moves on, and delivers nothing twice once everything older is over', async () => {
    await append('once');
    const first = await current().source.poll(0);
    const second = await current().source.poll(first.position);
    expect(second.events).toEqual([]);
    expect(second.position).toBeGreaterThanOrEqual(first.position);
    expect(second.database).toBe(first.database);
    expect(first.database).toMatch(/^\d+\/[0-9A-F]{8}$/);
  });

  it('leaves out what no instance needs to know', async () => {
    const { position } = await current().source.poll(0);
    await current().commit(() =>
      current().log.append([
        { type: 'user.created', userId, at },
        { type: 'session.created', userId, sessionId: 'new' as never, at },
        { type: 'user.updated', userId, at },
      ]),
    );
    const { events } = await current().source.poll(position);
    expect(events.map(({ type }) => type)).toEqual(['user.updated']);
  });

  it('starts at a position that covers everything since a time', async () => {
    await append('covered');
    const from = await current().source.start(new Date(at.getTime() - 1));
    const { events } = await current().source.poll(from);
    expect(events.map(({ sessionId }) => sessionId)).toContain('covered');
    const late = await current().source.start(new Date(at.getTime() + 1));
    expect((await current().source.poll(late)).events).toEqual([]);
  });

  it('delivers nothing of what was rolled back', async () => {
    const { position } = await current().source.poll(0);
    const refusal = new Error('changed my mind');
    const attempt = current().commit(async () => {
      await current().log.append([{ type: 'user.updated', userId, at }]);
      throw refusal;
    });
    await expect(attempt).rejects.toBe(refusal);
    expect((await current().source.poll(position)).events).toEqual([]);
  });

  it('hints when something new is there', async () => {
    await current().source.poll(0);
    const hinted = new Promise<void>((resolve) => current().source.onHint(resolve));
    await append('hinted');
    await expect(hinted).resolves.toBeUndefined();
  });
}
