import { eventually } from '@app/testing';
import { inWords, millisecondsOf, proofOf } from './support/client.js';
import { Fleet, type Member, pause } from './support/fleet.js';

interface Row {
  readonly id: string;
  readonly name: string;
}

describe('the registry of instances', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start();
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  const rowsOf = (name: string): Promise<Row[]> =>
    fleet.sql<Row>('select id, name from instances where name = $1', [name]);

  it('has one row per running instance', async () => {
    const names = (await fleet.sql<Row>('select name from instances')).map(({ name }) => name);
    expect(names.toSorted()).toEqual(['member-0', 'member-1']);
  });

  it('forgets an instance that stops in good order, for which nobody waits then', async () => {
    const leaving = await fleet.join({ INSTANCE_ID: 'leaving' });
    const device = await fleet.warmDevice();
    expect(await rowsOf('leaving')).toHaveLength(1);
    expect(await leaving.process.stop()).toMatchObject({ code: 0, signal: null });
    expect(await rowsOf('leaving')).toEqual([]);
    const reply = await fleet.first.api.signOut(device);
    expect(proofOf(reply)).toBe('200 complete');
    expect(millisecondsOf(reply)).toBeLessThan(700);
  }, 30_000);

  it('replaces the row of a killed instance when it is started again under its name', async () => {
    const killed = await fleet.join({ INSTANCE_ID: 'again' });
    const [before] = await rowsOf('again');
    await killed.end();
    expect(await rowsOf('again')).toEqual([before]);
    const reborn = await fleet.join({ INSTANCE_ID: 'again' });
    // It first watches the old row for a second, lest a twin be thrown out.
    const [after] = await eventually(
      async () => {
        const rows = await rowsOf('again');
        return rows.length === 1 && rows;
      },
      { describe: 'one row is left' },
    );
    expect(after?.id).not.toBe(before?.id);
    await reborn.process.stop();
    expect(await rowsOf('again')).toEqual([]);
  }, 30_000);

  it('lets a fenced instance in again, which then serves as before', async () => {
    const [device, other] = [await fleet.warmDevice(), await fleet.warmDevice()];
    await fleet.second.process.freeze();
    expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    const fenced = 'select fenced from instances where name = $1';
    expect(await fleet.sql(fenced, ['member-1'])).toEqual([{ fenced: true }]);
    fleet.second.process.thaw();
    await eventually(
      async () => (await fleet.sql<{ fenced: boolean }>(fenced, ['member-1']))[0]?.fenced === false,
      {
        describe: 'it has registered again',
      },
    );
    await pause(100);
    expect(fleet.second.process.output).toMatch(/"level":"warn".*"event":"feed.fenced"/);
    expect(await fleet.answers(other)).toEqual(['200', '200']);
    expect(await fleet.answers(device)).toEqual(['401 SESSION_ENDED', '401 SESSION_ENDED']);
  }, 30_000);

  /** @see https://github.com/keycloak/keycloak/issues/31296 */
  it('does not matter to what was revoked: all instances restart, Redis is flushed, and it holds', async () => {
    const device = await fleet.warmDevice();
    const others: Member[] = [];
    expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    await fleet.redis.command('FLUSHALL');
    others.push(await fleet.join({ INSTANCE_ID: 'new-0' }));
    expect(inWords(await others[0]!.api.check(device.token))).toBe('401 SESSION_ENDED');
    expect(inWords(await others[0]!.api.check(device.token))).toBe('401 SESSION_ENDED');
    await Promise.all(others.map(({ process }) => process.stop()));
  }, 30_000);
});
