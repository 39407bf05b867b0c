import { RedisProcess } from '@app/testing';
import { TurnCounter } from '../rate-limit/support/turn-counter.js';
import { type Client, type Device, inWords } from './support/client.js';
import { commandsDuring, least, loggingStatements, statementsDuring } from './support/cost.js';
import { Fleet } from './support/fleet.js';

const requests = 50;
const tries = 4;

/** What works in the background asks Postgres, too. */
const noJobs = { JOBS_ENABLED: 'false' };

const limits = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_GLOBAL: '1000000/60',
  RATE_LIMIT_AUTH: '1000000/60',
  RATE_LIMIT_USER: '1000/1/10000',
};
/** One call; the others are within it, for two policies. */
const script = { evalsha: 1, time: 1, mget: 1, set: 2 };
const memory = { SESSION_LOCAL_CACHE_MS: '60000' };

/** One instance behind a counter of its turns with Redis. */
class Stand {
  private constructor(
    readonly fleet: Fleet,
    private readonly redis: RedisProcess,
    private readonly counter: TurnCounter,
    private readonly device: Device,
  ) {}

  static async start(env: Readonly<Record<string, string>>): Promise<Stand> {
    const redis = await RedisProcess.start();
    const counter = await TurnCounter.before(redis.port);
    const fleet = await Fleet.start({
      size: 1,
      redis: `redis://127.0.0.1:${counter.port}`,
      postgresSettings: loggingStatements,
      env: { ...noJobs, ...env },
    });
    const stand = new Stand(fleet, redis, counter, await fleet.warmDevice());
    await stand.check();
    return stand;
  }

  async stop(): Promise<void> {
    await this.fleet.stop();
    this.counter.close();
    await this.redis.stop();
  }

  /** One request after the other, so that none shares a packet with another. */
  async check(): Promise<void> {
    const answers = new Set<string>();
    for (let index = 0; index < requests; index += 1) {
      answers.add(inWords(await this.fleet.first.api.check(this.device.token)));
    }
    expect(answers).toEqual(new Set(['200']));
  }

  roundTrips(): Promise<number> {
    return least(tries, async () => {
      const before = this.counter.turns;
      await this.check();
      return this.counter.turns - before;
    });
  }

  /** Calls of each command that every request brings; what background work sends now and then is rounded away. */
  async commands(): Promise<Record<string, number>> {
    const counts = await commandsDuring(this.redis, () => this.check());
    const perRequest = Object.entries(counts).map(
      ([name, count]) => [name, Math.floor(count / requests)] as const,
    );
    return Object.fromEntries(perRequest.filter(([, count]) => count > 0));
  }

  statements(): Promise<number> {
    return least(tries, async () => (await statementsDuring(this.fleet, () => this.check())).length);
  }
}

/** Counts, never times: these hold on any machine. */
describe('a check of a session that is known costs', () => {
  let stand: Stand;

  afterEach(() => stand.stop());

  it('one round trip, one command and no SQL', async () => {
    stand = await Stand.start({});
    expect(await stand.roundTrips()).toBe(requests);
    expect(await stand.commands()).toEqual({ mget: 1 });
    expect(await stand.statements()).toBe(0);
  }, 60_000);

  it('one round trip and no SQL with its limits', async () => {
    stand = await Stand.start(limits);
    expect(await stand.roundTrips()).toBe(requests);
    expect(await stand.commands()).toEqual({ ...script, mget: 1 + script.mget });
    expect(await stand.statements()).toBe(0);
  }, 60_000);

  it('no round trip and no SQL while the process itself remembers', async () => {
    stand = await Stand.start(memory);
    expect(await stand.roundTrips()).toBe(0);
    expect(await stand.commands()).toEqual({});
    expect(await stand.statements()).toBe(0);
  }, 60_000);

  it('the round trip of the limits alone while the process itself remembers', async () => {
    stand = await Stand.start({ ...limits, ...memory });
    expect(await stand.roundTrips()).toBe(requests);
    expect(await stand.commands()).toEqual(script);
    expect(await stand.statements()).toBe(0);
  }, 60_000);
});

/** With begin and commit; each is a round trip to Postgres. How many sessions there are must not matter. */
describe('Postgres is asked at most so often for', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 1, postgresSettings: loggingStatements, env: noJobs });
  }, 60_000);
  afterAll(() => fleet.stop());

  interface Scene {
    readonly api: Client;
    readonly device: Device;
    /** A second session of the same person. */
    readonly other: Device;
  }

  /** Somebody new with so many sessions. */
  async function scene(sessions: number): Promise<Scene> {
    const { api } = fleet.first;
    const device = await fleet.warmDevice();
    const others: Device[] = [];
    while (others.length < sessions - 1) others.push(await api.signIn(device));
    return { api, device, other: others[0]! };
  }

  it.each<[act: string, sessions: number, most: number, (scene: Scene) => Promise<unknown>]>([
    ['a registration', 2, 10, ({ api }) => api.signUp()],
    ['a sign-in', 2, 10, ({ api, device }) => api.signIn(device)],
    ['a sign-in beside 20 sessions', 20, 10, ({ api, device }) => api.signIn(device)],
    ['a refresh', 2, 7, ({ api, other }) => api.refresh(other.refreshToken)],
    ['a list', 2, 1, ({ api, device }) => api.list(device)],
    ['a list of 20 sessions', 20, 1, ({ api, device }) => api.list(device)],
    ['a sign-out', 2, 6, ({ api, device }) => api.signOut(device)],
    ['the end of another session', 2, 6, ({ api, device, other }) => api.end(other.sessionId, device)],
    ['the end of 19 other sessions', 20, 7, ({ api, device }) => api.endOthers(device)],
    ['a sign-out everywhere of 20 sessions', 20, 9, ({ api, device }) => api.signOutEverywhere(device)],
  ])('%s', async (_, sessions, most, act) => {
    const lists: string[][] = [];
    for (let index = 0; index < 3; index += 1) {
      const here = await scene(sessions);
      lists.push(await statementsDuring(fleet, () => act(here)));
    }
    const [shortest] = lists.toSorted((one, two) => one.length - two.length);
    expect(shortest).not.toEqual([]);
    // What is too many is shown.
    expect(shortest!.length > most ? shortest : []).toEqual([]);
  });
});
