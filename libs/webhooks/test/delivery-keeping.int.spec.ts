import { AsyncLocalStorage } from 'node:async_hooks';
import { eventually, openStores } from '@app/testing';
import { sql } from 'drizzle-orm';
import { PostgresDeliveryOutbox } from '../src/infrastructure/postgres/postgres-delivery-outbox.js';
import { failed, noon, session, useStand } from './stand.js';

/** Not on the transaction of the caller. */
const outside = AsyncLocalStorage.snapshot();
const a = session('a');

describe.each(openStores)(
  `how long ${PostgresDeliveryOutbox.name} on %s keeps deliveries`,
  (driver, open) => {
    const stand = useStand(open);

    it('gives up what waits for an endpoint that has long been disabled, the first of a session last', async () => {
      const [kept, disabled] = [await stand.addEndpoint(), await stand.addEndpoint()];
      await stand.tell([a], [a, 'session.ended'], [null, 'key.rotated']);
      await stand.endpoints.change(disabled, { disabled: 'failing' }, noon);
      const later = new Date(noon.getTime() + 1);
      expect(await stand.outbox.giveUp(noon, 2, later)).toBe(0);
      expect(await stand.outbox.giveUp(later, 2, later)).toBe(2);
      expect(await stand.states(disabled)).toEqual(['pending', 'dead', 'dead']);
      expect(await stand.outbox.giveUp(later, 2, later)).toBe(1);
      expect(await stand.outbox.giveUp(later, 2, later)).toBe(0);
      expect((await stand.all(disabled))[0]).toMatchObject({
        state: 'dead',
        finishedAt: later,
        nextTryAt: null,
      });
      expect(await stand.states(kept)).toEqual(['pending', 'waiting', 'pending']);
    });

    it('gives up for all of them that it meets, up to the limit', async () => {
      const ids = [await stand.addEndpoint(), await stand.addEndpoint(), await stand.addEndpoint()];
      await stand.tell([a], [a, 'session.ended']);
      for (const id of ids) await stand.endpoints.change(id, { disabled: 'failing' }, noon);
      const later = new Date(noon.getTime() + 1);
      expect(await stand.outbox.giveUp(later, 5, later)).toBe(5);
      expect(await stand.outbox.giveUp(later, 5, later)).toBe(1);
    });

    if (driver === 'ServerDriver') {
      it('does not forget what somebody is just beginning anew', async () => {
        const id = await stand.addEndpoint();
        await stand.tell([a]);
        const [taken] = await stand.take(id);
        await stand.settle(taken!, { outcome: 'dead' }, failed);
        let purged!: Promise<number>;
        await stand.database.run(async () => {
          await stand.requeue(id, [taken!.id]);
          purged = outside(() => stand.outbox.purge(new Date(noon.getTime() + 1), 9));
          await eventually(
            async () => {
              const waiting = await outside(() =>
                stand.run(sql`select from pg_stat_activity where datname = current_database()
                and wait_event_type = 'Lock' and query like '%delete from%webhook_deliveries%'`),
              );
              return waiting.length > 0;
            },
            { describe: 'the purge waits' },
          );
        });
        expect(await purged).toBe(0);
        expect(await stand.states(id)).toEqual(['pending']);
      });
    }
  },
);
