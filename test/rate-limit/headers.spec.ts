import { eventually, RedisProcess } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson } from '../support/people.js';

const limited = { RATE_LIMIT_ENABLED: 'true', TRUST_PROXY: '1' };

let redis: RedisProcess;

beforeAll(async () => {
  redis = await RedisProcess.start();
});
afterAll(() => redis.stop());

/** With limits, before this Redis. */
async function start(env: Record<string, string> = {}): Promise<Api> {
  const api = await startApi({ env: { ...limited, REDIS_URL: redis.url, ...env } });
  await eventually(async () => (await api.root('get', '/ready')).body.status === 'ok', {
    describe: 'Redis is connected',
  });
  return api;
}

/** From a client of its own each time unless told. */
let made = 0;
const from = (address = `192.0.2.${(made += 1)}`) => ({ 'x-forwarded-for': address });

const wrong = { email: 'nobody@example.com', password: 'some wrong words' };

/** The fields of both generations, as numbers. */
function fieldsOf({ headers }: Response) {
  const items = /^"(\w+)";r=(\d+);t=(\d+)$/.exec(headers['ratelimit'] ?? '') ?? [];
  return {
    old: ['limit', 'remaining', 'reset'].map((name) => Number(headers[`x-ratelimit-${name}`])),
    policy: items[1],
    remaining: Number(items[2]),
    reset: Number(items[3]),
  };
}

describe('the fields of a limited reply [RateLimit-Policy, RateLimit]', () => {
  let api: Api;

  beforeAll(async () => {
    api = await start();
  });

  const signIn = (address: string) => api.send('post', '/auth/signin').set(from(address)).send(wrong);

  it('name all policies and the tightest of them, in both generations alike', async () => {
    const reply = await signIn('192.0.2.201').expect(401);
    expect(reply.headers['ratelimit-policy']).toBe('"global";q=300;w=60, "auth";q=10;w=60');
    expect(reply.headers['ratelimit']).toBe('"auth";r=9;t=60');
    expect(fieldsOf(reply).old).toEqual([10, 9, 60]);
  });

  it('are on successes, refusals and bad requests', async () => {
    const owner = await api.register(aPerson(), from());
    const replies = [
      await owner.get('/auth/session').set(from()).expect(200),
      await api.send('get', '/auth/session').set(from()).expect(401),
      await api.as('x').get('/auth/session').set(from()).expect(401),
      await api.send('post', '/auth/signin').set(from()).send({}).expect(400),
    ];
    for (const { headers } of replies) {
      expect(headers).toMatchObject({
        'x-ratelimit-limit': expect.stringMatching(/^\d+$/),
        'x-ratelimit-remaining': expect.stringMatching(/^\d+$/),
        'x-ratelimit-reset': expect.stringMatching(/^\d+$/),
        'ratelimit-policy': expect.stringMatching(/^("\w+";q=\d+;w=[1-9]\d*)(, "\w+";q=\d+;w=[1-9]\d*)*$/),
        ratelimit: expect.stringMatching(/^"\w+";r=\d+;t=\d+$/),
      });
    }
  });

  it('fall with use, and the refusal says when to come back [Retry-After with RateLimit, RFC 6585 §4]', async () => {
    const left: number[] = [];
    for (let index = 0; index < 10; index += 1) left.push(fieldsOf(await signIn('192.0.2.202')).remaining);
    expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    const reply = await signIn('192.0.2.202');
    expectProblem(reply, { status: 429, code: 'RATE_LIMITED' });
    const { old, policy, remaining, reset } = fieldsOf(reply);
    expect({ policy, remaining }).toEqual({ policy: 'auth', remaining: 0 });
    expect(old).toEqual([10, 0, reset]);
    expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(reset);
    expect(reply.headers['retry-after']).toMatch(/^[1-9]\d?$/);
    expect(Object.keys(reply.headers).filter((name) => /^retry-after./.test(name))).toEqual([]);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('never tell of an account [RateLimit disclosure]', async () => {
    const { headers } = await signIn('192.0.2.203').expect(401);
    expect(JSON.stringify(headers)).not.toMatch(/account|challenge/);
  });

  it('are not on probes, which are not limited', async () => {
    for (const path of ['/health', '/ready', '/metrics']) {
      const { headers } = await api.root('get', path).expect(200);
      expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
  });
});

describe('a policy', () => {
  it('counts what is refused for other reasons too, and each address apart', async () => {
    const api = await start({ RATE_LIMIT_AUTH: '3/60' });
    const ask = (address: string) => api.send('post', '/auth/signin').set(from(address)).send({});
    for (let index = 0; index < 3; index += 1) await ask('198.51.100.1').expect(400);
    await ask('198.51.100.1').expect(429);
    await ask('198.51.100.2').expect(400);
  });

  it('counts both names of a route, and registration, together', async () => {
    const api = await start({ RATE_LIMIT_AUTH: '3/60' });
    const address = from('198.51.100.3');
    await api.send('post', '/auth/signin').set(address).send({}).expect(400);
    await api.send('post', '/auth/login').set(address).send({}).expect(400);
    await api.send('post', '/auth/register').set(address).send({}).expect(400);
    await api.send('post', '/auth/register').set(address).send(aPerson()).expect(429);
  });

  it('lets a request that another policy refuses cost nothing', async () => {
    const api = await start({ RATE_LIMIT_AUTH: '1/60', RATE_LIMIT_GLOBAL: '5/60' });
    const address = from('198.51.100.4');
    await api.send('post', '/auth/signin').set(address).send({}).expect(400);
    for (let index = 0; index < 6; index += 1) {
      await api.send('post', '/auth/signin').set(address).send({}).expect(429);
    }
    expect(fieldsOf(await api.send('get', '/auth/session').set(address)).remaining).toBe(3);
  });

  it('of users goes by who signed the token, from whatever address', async () => {
    const api = await start({ RATE_LIMIT_USER: '1/60/3' });
    const [ann, bob] = [await api.register(aPerson(), from()), await api.register(aPerson(), from())];
    for (let index = 0; index < 3; index += 1) await ann.get('/auth/session').set(from()).expect(200);
    const reply = await ann.get('/auth/session').set(from());
    expectProblem(reply, { status: 429, code: 'RATE_LIMITED' });
    expect(fieldsOf(reply)).toMatchObject({ policy: 'user', remaining: 0 });
    expect(Number(reply.headers['retry-after'])).toBeGreaterThan(50);
    await bob.get('/auth/session').set(from()).expect(200);
  });

  it('does nothing when limits are switched off', async () => {
    const api = await startApi({ env: { RATE_LIMIT_AUTH: '1/60' } });
    for (let index = 0; index < 4; index += 1) {
      const { headers } = await api.send('post', '/auth/signin').send({}).expect(400);
      expect(Object.keys(headers).filter((name) => name.includes('ratelimit'))).toEqual([]);
    }
  });
});

describe('a violation', () => {
  it('is counted by policy and sampled into the log, once per subject', async () => {
    const api = await start({ RATE_LIMIT_AUTH: '1/60' });
    for (let index = 0; index < 5; index += 1) {
      await api.send('post', '/auth/signin').set(from('198.51.100.9')).send({});
    }
    await eventually(async () => (await api.sql(`select from event_log`)).length > 0, {
      describe: 'the event is written',
    });
    const events = await api.sql(`select type, user_id, payload from event_log`);
    expect(events).toEqual([
      { type: 'rate_limit.exceeded', user_id: null, payload: { policy: 'auth', address: '198.51.100.9' } },
    ]);
    const { text } = await api.root('get', '/metrics').expect(200);
    expect(text).toContain('rollcall_rate_limit_total{policy="auth",result="allowed"} 1');
    expect(text).toContain('rollcall_rate_limit_total{policy="auth",result="refused"} 4');
    expect(text).toContain('rollcall_rate_limit_local 0');
  });

  it('costs Redis nothing once it is known', async () => {
    const api = await start({ RATE_LIMIT_AUTH: '1/60' });
    const flood = () => api.send('post', '/auth/signin').set(from('198.51.100.10')).send({});
    await flood().expect(400);
    await flood().expect(429);
    const before = await scriptCalls();
    for (let index = 0; index < 50; index += 1) await flood().expect(429);
    expect(await scriptCalls()).toBe(before);
  });

  it('leaves no address and no name in Redis', async () => {
    const api = await start();
    await api.send('post', '/auth/signin').set(from('198.51.100.11')).send(wrong).expect(401);
    const keys = (await redis.command('KEYS', 'rate_limit:*')) as string[];
    expect(keys.length).toBeGreaterThan(0);
    for (const key of keys) expect(key).toMatch(/^rate_limit:(global|auth|user|challenge):[\w-]{22}$/);
  });
});

async function scriptCalls(): Promise<number> {
  const stats = String(await redis.command('INFO', 'commandstats'));
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1]);
}
