import { eventually } from '@app/testing';
import { EventListener } from '../support/event-listener.js';
import type { Device } from './support/client.js';
import { Fleet, type Member } from './support/fleet.js';

describe('live events of two instances', () => {
  let fleet: Fleet;
  let administrator: Device;
  const listeners: EventListener[] = [];

  beforeAll(async () => {
    fleet = await Fleet.start();
    const somebody = await fleet.first.api.signUp();
    await fleet.sql(`update users set role = 'admin' where id = $1`, [somebody.userId]);
    administrator = await fleet.first.api.signIn(somebody);
  }, 60_000);
  afterEach(async () => {
    for (const listener of listeners.splice(0)) listener.hangUp();
    await fleet.heal();
  });
  afterAll(() => fleet.stop());

  async function watch({ process }: Member, lastEventId?: string): Promise<EventListener> {
    const url = `${process.baseUrl}/api/v1/admin/events?types=rate_limit.exceeded`;
    const listener = await EventListener.open(url, { token: administrator.token, lastEventId });
    listeners.push(listener);
    await eventually(() => listener.lastId !== null, { describe: 'the stream has begun' });
    return listener;
  }

  /** In transactions that overlap, so that numbers and commits come in different orders. */
  const happen = (from: number, to: number) =>
    Promise.all(
      Array.from({ length: to - from }, (_, index) =>
        fleet.sql(
          `with slept as (insert into event_log (type, payload, created_at)
             values ('rate_limit.exceeded', jsonb_build_object('policy', $1::int), now()) returning id)
           select pg_sleep(0.002 * ($1::int % 5)) from slept`,
          [from + index],
        ),
      ),
    );

  const numbersIn = (...parts: EventListener[]): number[] =>
    parts.flatMap(({ told }) => told.map(({ details }) => (details as { policy: number }).policy));

  const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

  it('reach everybody once, also who lost the instance amid them and goes on at the other', async () => {
    const doomed = await fleet.join({ INSTANCE_ID: 'doomed' });
    const [first, witness] = [await watch(doomed), await watch(fleet.second)];
    const writing = happen(0, 200);
    await first.hears(20);
    await doomed.end();
    await first.ends();
    const resumed = await watch(fleet.first, first.lastId!);
    await writing;
    await happen(200, 260);
    await witness.hears(260);
    await resumed.hears(260 - first.told.length);
    const sorted = (numbers: number[]): number[] => numbers.toSorted((one, other) => one - other);
    expect(sorted(numbersIn(witness))).toEqual(upTo(260));
    expect(sorted(numbersIn(first, resumed))).toEqual(upTo(260));
  }, 40_000);

  it('go on by themselves after Postgres was away, without a gap', async () => {
    const listener = await watch(fleet.first);
    await happen(0, 10);
    await listener.hears(10);
    await fleet.first.toPostgres.set({ kind: 'refuse' });
    await happen(10, 30);
    await fleet.first.toPostgres.set({ kind: 'pass' });
    await listener.hears(30, 10_000);
    expect(numbersIn(listener).toSorted((one, other) => one - other)).toEqual(upTo(30));
  }, 40_000);

  it('v5.0.0-7.4.1 end everywhere within about a second of the session of who watches', async () => {
    const listener = await watch(fleet.second);
    await fleet.first.api.signOut(administrator);
    await listener.ends(3_000);
    expect(listener.named('closed').map(({ data }) => data)).toEqual(['{"code":"SESSION_ENDED"}']);
  }, 20_000);
});
