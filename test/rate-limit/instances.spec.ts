import { RedisProcess } from '@app/testing';
import { type Device, millisecondsOf, type Reply } from '../coherence/support/client.js';
import { Fleet, type Member, pause } from '../coherence/support/fleet.js';
import { TurnCounter } from './support/turn-counter.js';

const limited = {
  RATE_LIMIT_ENABLED: 'true',
  RATE_LIMIT_GLOBAL: '1000000/60',
  RATE_LIMIT_USER: '1000/1/1000',
};

/** Sends so many requests, some at a time, round the instances. */
async function flood(
  members: readonly Member[],
  times: number,
  send: (member: Member) => Promise<Reply>,
  callers = 60,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (sent < times) {
      const member = members[sent % members.length]!;
      sent += 1;
      replies.push(await send(member));
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return replies;
}

/** Requests that the instances judged alone. */
async function fallbacks(members: readonly Member[]): Promise<number[]> {
  const texts = members.map(async ({ process }) => (await fetch(`${process.baseUrl}/metrics`)).text());
  return (await Promise.all(texts)).map((text) =>
    Number(/^rollcall_rate_limit_fallback_total (\d+)$/m.exec(text)?.[1]),
  );
}

const countOf = (replies: readonly Reply[], status: number): number =>
  replies.filter((reply) => reply.status === status).length;

const signInBadly = ({ api }: Member): Promise<Reply> => api.ask('POST', '/api/v1/auth/signin', { body: {} });

/** @see https://github.com/nestjs/throttler/issues/1303 */
describe('1,000 requests on three instances at once', () => {
  let fleet: Fleet;
  let redis: RedisProcess;

  beforeEach(async () => {
    redis = await RedisProcess.start();
  });
  afterEach(async () => {
    await fleet.stop();
    await redis.stop();
  });

  /** Straight before Redis: a proxy in this process would be late while this process sends a thousand requests. */
  async function start(env: Record<string, string>): Promise<void> {
    fleet = await Fleet.start({ size: 3, redis: redis.url, env: { ...limited, ...env } });
    // A process that has just started is slow for a moment.
    await flood(fleet.members, 300, ({ api }) => api.check('none'));
  }

  /** The claim is about the shared count; an instance that judged alone was not asked for it. */
  async function expectShared(before: readonly number[]): Promise<void> {
    expect({ judgedAlone: await fallbacks(fleet.members) }).toEqual({ judgedAlone: before });
  }

  it.each([
    ['sliding log', 5],
    ['sliding window', 150],
  ])(
    'pass as often as the limit says: %s',
    async (_, limit) => {
      await start({ RATE_LIMIT_AUTH: `${limit}/3600` });
      const before = await fallbacks(fleet.members);
      const replies = await flood(fleet.members, 1_000, signInBadly);
      await expectShared(before);
      expect([countOf(replies, 400), countOf(replies, 429)]).toEqual([limit, 1_000 - limit]);
    },
    60_000,
  );

  it('pass as often as the burst says: token bucket', async () => {
    await start({ RATE_LIMIT_USER: '1/86400/5' });
    const { token } = await fleet.first.api.signUp();
    const before = await fallbacks(fleet.members);
    const replies = await flood(fleet.members, 1_000, ({ api }) => api.check(token));
    await expectShared(before);
    expect([countOf(replies, 200), countOf(replies, 429)]).toEqual([5, 995]);
  }, 60_000);

  it('pass at most twice as often, and never fail, when Redis dies in between', async () => {
    await start({ RATE_LIMIT_AUTH: '150/3600' });
    const replies = await flood(fleet.members, 300, signInBadly);
    await redis.kill9();
    replies.push(...(await flood(fleet.members, 700, signInBadly)));
    expect(countOf(replies, 400) + countOf(replies, 429)).toBe(1_000);
    expect(countOf(replies, 400)).toBeGreaterThanOrEqual(150);
    expect(countOf(replies, 400)).toBeLessThanOrEqual(2 * 150);
  }, 60_000);
});

describe('a limited request with a session', () => {
  const requests = 500;
  let fleet: Fleet;
  let redis: RedisProcess;
  let counter: TurnCounter;
  let device: Device;

  beforeAll(async () => {
    redis = await RedisProcess.start();
    counter = await TurnCounter.before(redis.port);
    fleet = await Fleet.start({ size: 1, redis: `redis://127.0.0.1:${counter.port}`, env: limited });
    device = await fleet.warmDevice();
  }, 60_000);
  afterAll(async () => {
    await fleet.stop();
    counter.close();
    await redis.stop();
  });

  it('costs one round trip for limits and session together', async () => {
    const before = counter.turns;
    for (let index = 0; index < requests; index += 1) {
      expect((await fleet.first.api.check(device.token)).status).toBe(200);
    }
    // A probe of readiness may have spoken too.
    expect(counter.turns - before).toBeLessThanOrEqual(requests + 3);
  }, 60_000);

  it('costs one script call and one look-up at most, which those of one turn share', async () => {
    const calls = async (): Promise<Record<'scripts' | 'lookups', number>> => {
      const stats = String(await redis.command('INFO', 'commandstats'));
      const of = (name: string): number =>
        Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
      // The script reads its standings so, too.
      return { scripts: of('evalsha'), lookups: of('mget') - of('evalsha') };
    };
    const before = await calls();
    await flood(fleet.members, requests, ({ api }) => api.check(device.token), 5);
    const after = await calls();
    for (const kind of ['scripts', 'lookups'] as const) {
      expect(after[kind] - before[kind]).toBeGreaterThan(0);
      expect(after[kind] - before[kind]).toBeLessThanOrEqual(requests);
    }
  }, 60_000);
});

/**
 * @see https://github.com/firecrawl/firecrawl/issues/3728
 * @see https://github.com/rmyndharis/OpenWA/pull/932
 */
describe('without Redis', () => {
  let fleet: Fleet;

  beforeAll(async () => {
    fleet = await Fleet.start({ size: 2, env: { ...limited, RATE_LIMIT_AUTH: '20/3600' } });
  }, 60_000);
  afterAll(() => fleet.stop());
  afterEach(async () => {
    await fleet.heal();
    await fleet.becomesNormal();
  });

  const isLocal = async ({ process }: Member): Promise<boolean> =>
    (await (await fetch(`${process.baseUrl}/metrics`)).text()).includes('\nrollcall_rate_limit_local 1\n');

  async function backWithin(ms: number): Promise<void> {
    const since = performance.now();
    while (await isLocal(fleet.first)) {
      expect(performance.now() - since).toBeLessThan(ms);
      await pause(20);
    }
  }

  it('an instance answers in time, stops at its part of the limit, and shares again once Redis is back', async () => {
    await fleet.redis.freeze();
    const replies = await flood([fleet.first], 200, signInBadly);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([400, 429]));
    expect(countOf(replies, 400)).toBe(10);
    // 100 ms is the time-out of a command; the rest is what a busy machine takes for so many requests at once.
    expect(Math.max(...replies.map(millisecondsOf))).toBeLessThan(100 + 400);
    expect(await isLocal(fleet.first)).toBe(true);
    fleet.redis.thaw();
    await backWithin(2_500);
    // Refusing alone has not been remembered; the shared count decides.
    expect((await signInBadly(fleet.first)).status).toBe(400);
  }, 60_000);

  it('nobody is refused by mistake, and nothing fails, while it dies and comes back', async () => {
    const { token } = await fleet.first.api.signUp();
    const replies: Reply[] = [];
    const over = new AbortController();
    const ask = async (member: Member): Promise<void> => {
      while (!over.signal.aborted) {
        replies.push(await member.api.check(token));
        await pause(5);
      }
    };
    const asking = fleet.members.flatMap((member) => [ask(member), ask(member)]);
    await pause(200);
    await fleet.redis.kill9();
    await pause(700);
    await fleet.redis.restart();
    await backWithin(2_500);
    over.abort();
    await Promise.all(asking);
    expect(replies.length).toBeGreaterThan(100);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  }, 60_000);
});
