import { isDeepStrictEqual } from 'node:util';
import { eventually } from '@app/testing';
import { type Device, inWords, proofOf } from './support/client.js';
import { commandsDuring, loggingStatements } from './support/cost.js';
import { Fleet, pause } from './support/fleet.js';
import { Load } from './support/load.js';

/** What works in the background asks Postgres, too. */
const noJobs = { JOBS_ENABLED: 'false' };

const requests = 10_000;
const callers = 20;

/** Statements on behalf of requests. Only while requests run: the kit keeps the last million characters. */
function statements(fleet: Fleet): number {
  return fleet.postgres.output.match(/^<rollcall> LOG: {2}(?:statement|execute)/gm)?.length ?? 0;
}

async function ask(fleet: Fleet, device: Device, times: number): Promise<Set<string>> {
  const answers = new Set<string>();
  let left = times;
  const caller = async (): Promise<void> => {
    while (left-- > 0) answers.add(inWords(await fleet.first.api.check(device.token)));
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return answers;
}

describe('the price of a warm request', () => {
  let fleet: Fleet;

  afterEach(() => fleet.stop());

  it('is at most one Redis command, shared with whoever asks at the same time, and no SQL', async () => {
    fleet = await Fleet.start({ size: 1, postgresSettings: loggingStatements, env: noJobs });
    const device = await fleet.warmDevice();
    // The fill of the last read before it was warm may arrive late.
    const isWarm = async () =>
      isDeepStrictEqual(await commandsDuring(fleet.redis, () => ask(fleet, device, 1)), { mget: 1 });
    await eventually(isWarm, { describe: 'a request costs one command' });
    const before = statements(fleet);
    const commands = await commandsDuring(fleet.redis, async () => {
      expect(await ask(fleet, device, requests)).toEqual(new Set(['200']));
    });
    expect(statements(fleet) - before).toBe(0);
    expect(Object.keys(commands)).toEqual(['mget']);
    expect(commands.mget).toBeLessThanOrEqual(requests);
  }, 60_000);

  it('is one SQL read per session and instance without Redis, and none without need', async () => {
    fleet = await Fleet.start({
      size: 1,
      redis: null,
      postgresSettings: loggingStatements,
      env: { ...noJobs, SESSION_LOCAL_CACHE_MS: '60000' },
    });
    const device = await fleet.warmDevice();
    const before = statements(fleet);
    expect(await ask(fleet, device, 500)).toEqual(new Set(['200']));
    expect(statements(fleet)).toBe(before);
  }, 60_000);
});

describe('a flushed Redis', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ postgresSettings: loggingStatements, env: noJobs });
  }, 60_000);
  afterAll(() => fleet.stop());

  /** @see https://github.com/better-auth/better-auth/issues/11218 */
  it('costs one SQL read at the first request and none at the second', async () => {
    const device = await fleet.warmDevice();
    await fleet.redis.command('FLUSHALL');
    // A round of the feed may make the epochs before or after; either way the first read fills the cache.
    const start = statements(fleet);
    expect(inWords(await fleet.first.api.check(device.token))).toBe('200');
    await pause(50);
    expect(statements(fleet) - start).toBe(1);
    expect(inWords(await fleet.first.api.check(device.token))).toBe('200');
    await pause(50);
    expect(statements(fleet) - start).toBe(1);
  });

  it('logs nobody out and revives nobody under load, however often it happens', async () => {
    const valid = [await fleet.warmDevice(), await fleet.warmDevice(), await fleet.warmDevice()];
    const revoked = [await fleet.warmDevice()];
    for (const device of revoked) expect(proofOf(await fleet.first.api.signOut(device))).toBe('200 complete');
    const load = new Load(fleet.members, { valid, revoked });
    for (let flush = 0; flush < 8; flush += 1) {
      await fleet.redis.command('FLUSHALL');
      await pause(150);
    }
    expect(await load.stop()).toMatchObject({ refusals: [], acceptances: [], modes: ['normal'] });
  }, 30_000);

  it('is read for at most two callers of a session, however many ask at once', async () => {
    const device = await fleet.warmDevice();
    await fleet.redis.command('FLUSHALL');
    const start = statements(fleet);
    const replies = await Promise.all(Array.from({ length: 100 }, () => fleet.first.api.check(device.token)));
    expect(new Set(replies.map(inWords))).toEqual(new Set(['200']));
    await pause(50);
    // One is under way; everybody who comes meanwhile shares the next one; a few come after that.
    expect(statements(fleet) - start).toBeLessThanOrEqual(5);
  });
});
