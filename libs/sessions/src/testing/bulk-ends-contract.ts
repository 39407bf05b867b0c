import { randomUUID } from 'node:crypto';
import type { BulkEnd, BulkEndRepository } from '../domain/bulk-end.js';
import { aSessionId, aUserId } from './builders.js';
import { at } from './session-repository-subject.js';

let made = 0;

/** Orders in the order of their making. */
function anOrder(traits: Partial<BulkEnd> = {}): BulkEnd {
  made += 1;
  return {
    id: `019a9f3e-7c41-7d1b-9a55-${String(made).padStart(12, '0')}`,
    filter: {
      userId: aUserId(),
      network: '192.0.2.0/24',
      kind: 'desktop',
      profile: 'strict',
      createdAfter: at(1),
      seenBefore: at(2),
    },
    act: { by: aUserId(), note: 'ticket 4711' },
    keep: aSessionId(),
    state: 'running',
    matched: 7,
    ended: 0,
    failed: 0,
    createdAt: at(0),
    finishedAt: null,
    place: null,
    ...traits,
  };
}

/** What the work on bulk ends relies on after a crash. */
export function bulkEndsContract(orders: () => BulkEndRepository): void {
  it('gives an order back as it was taken, and as far as it has come', async () => {
    const order = anOrder();
    await orders().insert(order);
    expect(await orders().find(order.id)).toEqual({ order, unproven: 0 });
    const place = { at: at(3), id: aSessionId() };
    await orders().advance(order.id, { ended: 3, place, finishedAt: null });
    await orders().noteFailure(order.id);
    expect((await orders().find(order.id))?.order).toEqual({ ...order, ended: 3, failed: 1, place });
    await orders().advance(order.id, { ended: 2, place: null, finishedAt: at(4) });
    const done = { state: 'done', ended: 5, failed: 1, place: null, finishedAt: at(4) };
    expect((await orders().find(order.id))?.order).toEqual({ ...order, ...done });
    expect(await orders().find(randomUUID())).toBeNull();
  });

  it('hands out the oldest order that is not done', async () => {
    const [first, second] = [anOrder(), anOrder()];
    await orders().insert(second);
    await orders().insert(first);
    expect((await orders().findRunning())?.id).toBe(first.id);
    for (const order of [first, second]) {
      expect((await orders().findRunning())?.id).toBe(order.id);
      await orders().advance(order.id, { ended: 0, place: null, finishedAt: at(1) });
    }
    expect(await orders().findRunning()).toBeNull();
  });

  it('keeps what is not proven until it is', async () => {
    const order = anOrder({ state: 'done' });
    await orders().insert(order);
    const session = {
      id: aSessionId(),
      userId: aUserId(),
      end: { at: at(5), reason: 'admin' },
    } as const;
    const batch = { id: randomUUID(), bulkEndId: order.id, sessions: [session] };
    await orders().addUnproven(batch, at(5));
    expect((await orders().find(order.id))?.unproven).toBe(1);
    expect(await orders().findUnproven(at(5))).toBeNull();
    expect(await orders().findUnproven(at(6))).toEqual(batch);
    await orders().removeUnproven(batch.id);
    expect(await orders().findUnproven(at(6))).toBeNull();
  });
}
