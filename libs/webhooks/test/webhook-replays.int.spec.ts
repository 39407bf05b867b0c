import { StoreUnavailableError } from '@app/kernel';
import type { Log } from '@app/telemetry';
import { openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { WebhookReplays } from '../src/application/webhook-replays.js';
import { PastEvents } from '../src/domain/past-events.js';
import { EndpointDisabledError } from '../src/domain/webhooks.errors.js';
import { noon, session, useStand } from './stand.js';

/** Breaks off at the second unit. */
class BreakingPast extends PastEvents {
  private units = 0;

  override async read() {
    this.units += 1;
    if (this.units > 1) throw new StoreUnavailableError('postgres');
    return { events: [], last: { at: noon.toISOString(), id: 1 } };
  }
}

describe.each(openStores)(`${WebhookReplays.name} on %s`, (_driver, open) => {
  const stand = useStand(open);

  const replay = (endpointId: string) => {
    const { endpoints, outbox, log, events, clock, random } = stand;
    const lines = { info: () => undefined } as unknown as Log;
    const past = new BreakingPast();
    const replays = new WebhookReplays(
      endpoints,
      outbox,
      log,
      past,
      stand.database,
      events,
      clock,
      random,
      lines,
    );
    return replays.many(endpointId, { what: 'missed', since: noon }, { by: null, note: 'ticket 1' });
  };
  const told = () => stand.run(sql`select payload from event_log where type = 'webhook.replayed'`);

  it('tells the log of one that breaks off', async () => {
    const id = await stand.addEndpoint();
    await stand.tell([session('a')]);
    await expect(replay(id)).rejects.toThrow(StoreUnavailableError);
    const filter = { what: 'missed', since: noon.toISOString() };
    expect(await told()).toEqual([{ payload: { endpoint_id: id, filter, by: null, note: 'ticket 1' } }]);
  });

  it('tells the log of none that is refused', async () => {
    const id = await stand.addEndpoint();
    await stand.endpoints.change(id, { disabled: 'failing' }, noon);
    await expect(replay(id)).rejects.toThrow(EndpointDisabledError);
    expect(await told()).toEqual([]);
  });
});
