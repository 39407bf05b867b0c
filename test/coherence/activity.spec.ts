import { eventually } from '@app/testing';
import type { Device } from './support/client.js';
import { Fleet, type Member, pause } from './support/fleet.js';

describe('what instances know of the use of sessions', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ env: { SESSION_ACTIVITY_FLUSH: '1' } });
  }, 60_000);
  afterEach(() => fleet.heal());
  afterAll(() => fleet.stop());

  async function countOf({ sessionId }: Device): Promise<number> {
    const [row] = await fleet.sql<{ count: number }>(
      'select request_count::int as count from sessions where id = $1',
      [sessionId],
    );
    return row?.count ?? -1;
  }

  const becomes = (device: Device, count: number) =>
    eventually(async () => (await countOf(device)) === count, {
      timeoutMs: 5_000,
      describe: `${count} requests are counted`,
    });

  /** How many of them were answered 200. */
  async function use({ api }: Member, device: Device, times: number): Promise<number> {
    const answers = await Promise.all(
      Array.from({ length: times }, () =>
        api.check(device.token).then(
          ({ status }) => status,
          () => null,
        ),
      ),
    );
    return answers.filter((status) => status === 200).length;
  }

  it('adds up, whoever writes at the same moment', async () => {
    const devices = await Promise.all(Array.from({ length: 12 }, () => fleet.first.api.signUp()));
    const used = devices.map(() => 0);
    for (let round = 0; round < 12; round += 1) {
      await Promise.all(
        fleet.members.flatMap((member, which) =>
          devices.map(async (_, index) => {
            const place = which === 0 ? index : devices.length - 1 - index;
            const answered = await use(member, devices[place]!, 3);
            used[place]! += answered;
          }),
        ),
      );
      await pause(100);
    }
    for (const [index, device] of devices.entries()) await becomes(device, used[index]!);
    expect(fleet.postgres.output).not.toContain('deadlock');
  }, 60_000);

  it('is complete after an orderly end, up to the last request that was answered', async () => {
    const device = await fleet.first.api.signUp();
    const leaving = await fleet.join({ INSTANCE_ID: 'leaving', SESSION_ACTIVITY_FLUSH: '15' });
    let answered = 0;
    const busy = (async () => {
      while (leaving.process.isRunning) answered += await use(leaving, device, 5);
    })();
    await eventually(() => answered > 50, { describe: 'it is at work' });
    await leaving.process.stop();
    await busy;
    expect(await countOf(device)).toBe(answered);
  }, 60_000);

  it('is lost by a kill for the time since the last writing, and the session is not', async () => {
    const device = await fleet.first.api.signUp();
    const doomed = await fleet.join({ INSTANCE_ID: 'doomed', SESSION_ACTIVITY_FLUSH: '1' });
    const written = await use(doomed, device, 40);
    await becomes(device, written);
    const lost = await use(doomed, device, 20);
    await doomed.end();
    const count = await countOf(device);
    expect(count).toBeGreaterThanOrEqual(written);
    expect(count).toBeLessThanOrEqual(written + lost);
    expect(await fleet.answers(device)).toEqual(['200', '200']);
  }, 60_000);
});
