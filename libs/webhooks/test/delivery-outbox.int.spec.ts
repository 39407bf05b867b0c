import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { PostgresDeliveryOutbox } from '../src/infrastructure/postgres/postgres-delivery-outbox.js';
import { failed, noon, session, useStand } from './stand.js';

const [a, b] = [session('a'), session('b')];
const minute = 60_000;

describe.each(openStores)(`${PostgresDeliveryOutbox.name} on %s`, (driver, open) => {
  const stand = useStand(open);

  it('queues what an endpoint wants to hear, once, in the order of the log', async () => {
    const some = await stand.addEndpoint(['session.*', 'user.created']);
    const all = await stand.addEndpoint(['*']);
    await stand.tell([a], [null, 'user.created'], [null, 'key.rotated'], [a, 'session.ended']);
    await stand.tell();
    expect((await stand.all(some)).map(({ type }) => type)).toEqual([
      'session.created',
      'user.created',
      'session.ended',
    ]);
    expect(await stand.all(all)).toHaveLength(4);
  });

  it('tells of tokens that somebody revoked, not of those that a refresh replaced', async () => {
    const id = await stand.addEndpoint();
    await stand.run(sql`insert into event_log (type, session_id, token_id, payload, created_at)
      values ('token.revoked', ${a}, 'replaced', '{}', ${noon.toISOString()}::timestamptz),
        ('token.revoked', ${a}, 'revoked', '{"client":"gateway"}', ${noon.toISOString()}::timestamptz)`);
    await stand.tell();
    const told = await stand.take(id);
    expect(told.map(({ body }) => body)).toEqual([expect.stringContaining('"token_id":"revoked"')]);
  });

  it('queues nothing of before the endpoint, nothing for a disabled one and nothing for a removed one', async () => {
    await stand.tell([a]);
    const late = await stand.addEndpoint();
    const [disabled, removed] = [await stand.addEndpoint(), await stand.addEndpoint()];
    await stand.endpoints.change(disabled, { disabled: 'administrator' }, noon);
    await stand.endpoints.remove(removed, noon);
    await stand.tell([b]);
    expect([await stand.all(late), await stand.all(disabled), await stand.all(removed)]).toMatchObject([
      [{ sessionId: b }],
      [],
      [],
    ]);
  });

  it('gives out the first of each session only, and the next when it is over', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([a], [a, 'session.refresh_reused'], [b], [a, 'session.ended'], [null, 'key.rotated']);
    const first = await stand.take(id);
    expect(first.map(({ type, body }) => [type, body.includes(a), body.includes(b)])).toEqual([
      ['session.created', true, false],
      ['session.created', false, true],
      ['key.rotated', false, false],
    ]);
    expect(await stand.take(id)).toEqual([]);
    await stand.settle(first[0]!, { outcome: 'delivered' });
    const [second, ...none] = await stand.take(id);
    expect([second!.type, none]).toEqual(['session.refresh_reused', []]);
    await stand.settle(second!, { outcome: 'dead' }, failed);
    expect((await stand.take(id)).map(({ type }) => type)).toEqual(['session.ended']);
    expect(await stand.states(id)).toEqual(['delivered', 'dead', 'pending', 'pending', 'pending']);
  });

  it('holds the rest of a session back while its first waits for another try', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([a], [a, 'session.ended']);
    const [first] = await stand.take(id);
    await stand.postpone(first!, 60);
    await stand.tell([a, 'token.revoked'], [b]);
    expect((await stand.take(id)).map(({ body }) => body.includes(b))).toEqual([true]);
    stand.clock.advance(minute);
    const [again] = await stand.take(id);
    expect(again).toEqual({ ...first!, attempts: 2, counted: 2 });
    expect((await stand.all(id))[0]).toMatchObject({
      last: { status: 503, error: 'http_503', durationMs: 12, excerpt: null },
      attempts: 2,
      lastTryAt: stand.clock.now(),
    });
  });

  it('gives a delivery again when its time is up, and lets the late result change nothing', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([a], [a, 'session.ended']);
    const [slow] = await stand.take(id);
    stand.clock.advance(minute - 1);
    expect(await stand.take(id)).toEqual([]);
    stand.clock.advance(1);
    const [quick] = await stand.take(id);
    expect(quick).toMatchObject({ id: slow!.id, attempts: 2 });
    expect(await stand.postpone(slow!, 3_600)).toBe(false);
    expect(await stand.settle(quick!, { outcome: 'delivered' })).toBe(true);
    expect(await stand.settle(slow!, { outcome: 'dead' })).toBe(false);
    expect(await stand.states(id)).toEqual(['delivered', 'pending']);
  });

  it('names endpoints to which something may be sent now', async () => {
    const [due, resting, disabled, removed, empty] = [
      await stand.addEndpoint(),
      await stand.addEndpoint(),
      await stand.addEndpoint(),
      await stand.addEndpoint(),
      await stand.addEndpoint(['key.rotated']),
    ];
    await stand.tell([a]);
    await stand.endpoints.rest(resting, new Date(noon.getTime() + minute));
    await stand.endpoints.change(disabled, { disabled: 'failing' }, noon);
    await stand.endpoints.remove(removed, noon);
    expect(await stand.outbox.dueEndpoints(noon)).toEqual([due]);
    for (const endpoint of [resting, disabled, removed, empty])
      expect(await stand.take(endpoint)).toEqual([]);
    stand.clock.advance(minute);
    expect(await stand.outbox.dueEndpoints(stand.clock.now())).toEqual([due, resting].toSorted());
  });

  it('begins anew what is over, behind what waits, in the order of the events', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([a], [a, 'token.revoked']);
    for (let turn = 0; turn < 2; turn += 1)
      await stand.settle((await stand.take(id))[0]!, { outcome: 'dead' });
    await stand.tell([a, 'session.ended']);
    const ids = (await stand.all(id)).map((delivery) => delivery.id);
    expect(await stand.requeue(id, ids.toReversed())).toBe(2);
    expect(await stand.requeue(id, ids)).toBe(0);
    const order: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const [next, ...none] = await stand.take(id);
      expect(none).toEqual([]);
      order.push(next!.type);
      await stand.settle(next!, { outcome: 'delivered' });
    }
    expect(order).toEqual(['session.ended', 'session.created', 'token.revoked']);
  });

  it('tries at once what is replayed before its time, with tries that count from one', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([a]);
    const [first] = await stand.take(id);
    await stand.postpone(first!, 3_600);
    const delivery = first!.id;
    expect(await stand.requeue(id, [delivery])).toBe(1);
    const [second] = await stand.take(id);
    expect(second).toMatchObject({ attempts: 2, counted: 2 });
    expect(await stand.requeue(id, [delivery])).toBe(0);
    await stand.settle(second!, { outcome: 'dead' }, failed);
    await stand.requeue(id, [delivery]);
    expect((await stand.take(id))[0]).toMatchObject({ attempts: 3, counted: 1 });
  });

  it('pages, filters and counts', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([a], [b], [null, 'key.rotated'], [a, 'session.ended']);
    const [first] = await stand.take(id, 1);
    await stand.settle(first!, { outcome: 'dead' }, failed);
    const page = await stand.log.list({ endpointId: id, state: null, type: null }, { size: 2, before: null });
    expect(page.map(({ type }) => type)).toEqual(['session.ended', 'key.rotated']);
    const rest = await stand.log.list(
      { endpointId: id, state: null, type: null },
      { size: 9, before: page[1]!.id },
    );
    expect(rest).toHaveLength(2);
    const dead = await stand.log.list(
      { endpointId: id, state: 'dead', type: null },
      { size: 9, before: null },
    );
    expect(dead).toMatchObject([{ sessionId: a, state: 'dead', finishedAt: noon }]);
    const keys = { endpointId: id, state: null, type: 'key.rotated' };
    expect(await stand.log.list(keys, { size: 9, before: null })).toHaveLength(1);
    expect(await stand.log.counts(id)).toEqual({ unfinished: 3, dead: 1 });
  });

  it('forgets what is over for long, and removed endpoints with all they had', async () => {
    const [kept, removed] = [await stand.addEndpoint(), await stand.addEndpoint()];
    await stand.tell([a], [a, 'session.ended']);
    await stand.settle((await stand.take(kept))[0]!, { outcome: 'delivered' });
    await stand.endpoints.remove(removed, noon);
    expect(await stand.outbox.purge(noon, 2)).toBe(2);
    expect(await stand.outbox.purge(new Date(noon.getTime() + 1), 2)).toBe(1);
    expect(await stand.states(kept)).toEqual(['pending']);
    expect(await stand.run(sql`select id from webhook_endpoints`)).toEqual([{ id: kept }]);
  });

  it('leaves nobody waiting for ever when results and new events of a session meet', async () => {
    const id = await stand.addEndpoint();
    const lanes = Array.from({ length: 8 }, (_, index) => session(`lane ${index}`));
    let isTold = false;
    const writer = async (): Promise<void> => {
      for (let turn = 0; turn < 12; turn += 1)
        await stand.tell(...lanes.map((lane) => [lane, 'token.revoked'] as const));
    };
    const courier = async (): Promise<void> => {
      for (;;) {
        const isLastLook = isTold;
        const taken = await stand.take(id, 3);
        for (const one of taken) await stand.settle(one, { outcome: 'delivered' });
        if (isLastLook && taken.length === 0) return;
      }
    };
    const written = writer().finally(() => (isTold = true));
    await Promise.all([written, courier(), courier(), courier()]);
    await courier();
    expect(new Set(await stand.states(id))).toEqual(new Set(['delivered']));
  }, 30_000);

  if (driver === 'ServerDriver') {
    it('gives each delivery to one only', async () => {
      const id = await stand.addEndpoint();
      await stand.tell(...Array.from({ length: 30 }, (_, index) => [session(String(index))] as const));
      const taken = (await Promise.all(Array.from({ length: 12 }, () => stand.take(id, 4)))).flat();
      expect(new Set(taken.map((one) => one.id)).size).toBe(taken.length);
    });
  }
});
