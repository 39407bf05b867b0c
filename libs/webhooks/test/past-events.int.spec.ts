import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import type { PastPlace } from '../src/domain/past-events.js';
import { PostgresPastEvents } from '../src/infrastructure/postgres/postgres-past-events.js';
import { noon, session, useStand } from './stand.js';

const a = session('a');

describe.each(openStores)(`${PostgresPastEvents.name} on %s`, (_driver, open) => {
  const stand = useStand(open);

  it('looks at a stretch at a time, and gets on where nothing is wanted', async () => {
    await stand.tell([a], [a], [a, 'session.ended'], [a], [a], [a], [a, 'session.ended']);
    const past = PostgresPastEvents.reaching(stand.database, 2);
    const found: number[] = [];
    let after: PastPlace | null = null;
    do {
      const { events, last } = await past.read({ since: noon, after }, ['session.ended'], 9);
      found.push(events.length);
      after = last;
    } while (after);
    expect(found).toEqual([0, 1, 0, 1]);
  });

  it('goes on behind the last that it gave, and leaves out tokens that a refresh replaced', async () => {
    await stand.tell([a], [a, 'session.ended'], [a, 'token.revoked']);
    await stand.run(sql`update event_log set payload = '{}' where type = 'token.revoked'`);
    const past = new PostgresPastEvents(stand.database);
    const wanted = ['session.created', 'session.ended', 'token.revoked'] as const;
    const first = await past.read({ since: noon, after: null }, wanted, 1);
    expect(first.events.map(({ type }) => type)).toEqual(['session.created']);
    const rest = await past.read({ since: noon, after: first.last }, wanted, 9);
    expect([rest.events.map(({ type }) => type), rest.last]).toEqual([['session.ended'], null]);
  });
});
