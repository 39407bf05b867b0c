import { AccountProtection, PasswordHasher } from '@app/auth';
import { eventually, FakeClock, RedisProcess } from '@app/testing';
import { createChallenge, type Challenge } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/sha';
import type { Response } from 'supertest';
import { type Api, startApi } from '../support/api.js';
import { expectProblem, withoutIdentity } from '../support/expectations.js';
import { aPerson, type Person } from '../support/people.js';
import { answerOf, solve } from './support/solve.js';

const wrong = 'some quite wrong words';
const second = 1_000;

/** The library looks at the real clock as well, so this one must not lie behind it. */
const clock = new FakeClock(new Date());
let api: Api;
let redis: RedisProcess;

beforeAll(async () => {
  redis = await RedisProcess.start();
  api = await startApi({
    clock,
    env: {
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_AUTH: '100000/60',
      RATE_LIMIT_GLOBAL: '100000/60',
      TRUST_PROXY: '1',
      REDIS_URL: redis.url,
    },
  });
  await eventually(async () => (await api.root('get', '/ready')).body.status === 'ok', { describe: 'Redis' });
});
afterAll(() => redis.stop());
afterEach(() => jest.restoreAllMocks());

let networks = 0;
/** An address that nobody else has. */
const somewhere = (): string => `198.18.${Math.floor((networks += 1) / 250)}.${networks % 250}`;

interface Try {
  readonly email: string;
  readonly password?: string;
  readonly address: string;
  readonly altcha?: string;
}

const signIn = ({ address, password = wrong, ...body }: Try) =>
  api
    .send('post', '/auth/signin')
    .set('x-forwarded-for', address)
    .send({ ...body, password });

async function fail(times: number, of: Try): Promise<void> {
  for (let index = 0; index < times; index += 1) await signIn(of).expect(401);
}

/** Somebody who registered at home. */
async function somebody(): Promise<Person & { readonly home: string }> {
  const home = somewhere();
  const person = aPerson();
  await api.register(person, { 'x-forwarded-for': home });
  return { ...person, home };
}

const challengeIn = (reply: Response): Challenge => reply.body.challenge;

/** After five failures and the wait. */
async function challenged(email: string, address: string): Promise<Challenge> {
  await fail(5, { email, address });
  clock.advance(30 * second);
  return challengeIn(await signIn({ email, address }).expect(403));
}

describe('guessing from one place', () => {
  it('is heard five times, then waits half a minute, whatever the password [WSTG-ATHN-03, 63B-4 §3.2.2]', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    await fail(5, { email, address });
    const replies = [await signIn({ email, address }), await signIn({ email, password, address })];
    for (const reply of replies) {
      expectProblem(reply, { status: 429, code: 'RATE_LIMITED' });
      expect(reply.headers['retry-after']).toBe('30');
    }
    expect(withoutIdentity(replies[0]!)).toEqual({
      ...withoutIdentity(replies[1]!),
      headers: expect.anything(),
    });
  });

  it('then needs an answered challenge, waits twice as long after each failure, and ends with a success', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    const first = await challenged(email, address);
    const failure = await signIn({ email, address, altcha: await solve(first) }).expect(401);
    expect(failure.body.code).toBe('INVALID_CREDENTIALS');
    expect((await signIn({ email, address }).expect(429)).headers['retry-after']).toBe('60');
    clock.advance(60 * second);
    const refusal = await signIn({ email, password, address });
    expectProblem(refusal, {
      status: 403,
      code: 'CHALLENGE_REQUIRED',
      action: 'signin',
      account: expect.stringMatching(/^[\w-]{22}$/),
      challenge: { parameters: expect.any(Object), signature: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    const harder = challengeIn(refusal);
    expect(harder.parameters.cost).toBe(2 * first.parameters.cost);
    await signIn({ email, password, address, altcha: await solve(harder) }).expect(200);
    // Cleared, and at home here from now on.
    await fail(4, { email, address });
    await signIn({ email, password, address }).expect(200);
  }, 60_000);

  it('is forgotten after a quarter of an hour', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    await fail(4, { email, address });
    clock.advance(900 * second);
    await fail(4, { email, address });
    await signIn({ email, password, address }).expect(200);
  });

  it('is answered alike for an account that does not exist [v5.0.0-6.3.8]', async () => {
    const { email } = await somebody();
    const transcript = async (name: string): Promise<unknown[]> => {
      const address = somewhere();
      const replies: Response[] = [];
      for (let index = 0; index < 7; index += 1) replies.push(await signIn({ email: name, address }));
      clock.advance(30 * second);
      replies.push(await signIn({ email: name, address }));
      return replies.map((reply) => {
        const { headers, ...rest } = withoutIdentity(reply) as Response;
        return {
          ...rest,
          body: {
            ...reply.body,
            request_id: '',
            account: '',
            challenge: Object.keys(reply.body.challenge ?? {}),
          },
          names: Object.keys(headers).toSorted(),
          wait: headers['retry-after'],
        };
      });
    };
    expect(await transcript('nobody.at.all@example.com')).toEqual(await transcript(email));
  });

  it('by many at once is heard five times as well [P4]', async () => {
    const { email } = await somebody();
    const verify = jest.spyOn(api.app.get(PasswordHasher), 'verify');
    const address = somewhere();
    const replies = await Promise.all(Array.from({ length: 60 }, () => signIn({ email, address })));
    expect(verify).toHaveBeenCalledTimes(5);
    const statuses = replies.map(({ status }) => status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(55);
  });

  it('does not include being right many times at once', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    const replies = await Promise.all(Array.from({ length: 20 }, () => signIn({ email, password, address })));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
  }, 60_000);

  it('is not made easier by a flush of Redis', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    await fail(5, { email, address });
    await redis.command('FLUSHALL');
    await signIn({ email, password, address }).expect(429);
  });

  it('counts no attempt that could not be judged', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    await fail(4, { email, address });
    const hasher = api.app.get(PasswordHasher);
    jest.spyOn(hasher, 'verify').mockRejectedValue(new Error('a bug'));
    for (let index = 0; index < 3; index += 1) await signIn({ email, password, address }).expect(500);
    jest.restoreAllMocks();
    await signIn({ email, password, address }).expect(200);
  });

  it('ends when an administrator unlocks the account', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    await fail(5, { email, address });
    await api.app.get(AccountProtection).unlock({ email, username: null });
    await signIn({ email, password, address }).expect(200);
  });
});

describe('guessing one account from many places', () => {
  it('is heard twenty times, and then waits wherever it comes from', async () => {
    const { email } = await somebody();
    const statuses: number[] = [];
    for (let index = 0; index < 40; index += 1)
      statuses.push((await signIn({ email, address: somewhere() })).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    expect(statuses.slice(20).every((status) => status === 429)).toBe(true);
  });

  it('does not keep the owner out where he is known, who ends it by signing in', async () => {
    const { email, password, home } = await somebody();
    for (let index = 0; index < 30; index += 1) await signIn({ email, address: somewhere() });
    await signIn({ email, password, address: somewhere() }).expect(429);
    await signIn({ email, password, address: home }).expect(200);
    await signIn({ email, password, address: somewhere() }).expect(200);
  });

  it('does not use up the tries of the owner where he is known, nor the other way round', async () => {
    const { email, password, home } = await somebody();
    const address = somewhere();
    await fail(5, { email, address });
    await fail(4, { email, address: home });
    await signIn({ email, password, address: home }).expect(200);
  });

  it('makes a known place wait too when the guessing comes from there', async () => {
    const { email, password, home } = await somebody();
    await fail(5, { email, address: home });
    await signIn({ email, password, address: home }).expect(429);
  });

  it('by two names of an account tells nothing of their belonging together, and a success clears both', async () => {
    const home = somewhere();
    const person = aPerson({ username: `both.${process.pid}` });
    await api.register(person, { 'x-forwarded-for': home });
    const address = somewhere();
    const byName = (password: string) =>
      api
        .send('post', '/auth/signin')
        .set('x-forwarded-for', address)
        .send({ username: person.username, password });
    await fail(5, { email: person.email, address });
    for (let index = 0; index < 4; index += 1) await byName(wrong).expect(401);
    await byName(person.password).expect(200);
    await signIn({ email: person.email, password: person.password, address }).expect(200);
  });
});

describe('spraying', () => {
  it('one password over many accounts from one place is heard ten times a minute [v5.0.0-6.3.1]', async () => {
    const sprayed = await startApi({ env: { RATE_LIMIT_ENABLED: 'true' } });
    const statuses: number[] = [];
    for (let index = 0; index < 100; index += 1) {
      const body = { email: `victim${index}@example.com`, password: 'the season and the year' };
      statuses.push((await sprayed.send('post', '/auth/signin').send(body)).status);
    }
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(90);
  });
});

describe('an answer to a challenge [Bot sheet]', () => {
  const attempt = (of: Try) => signIn(of);

  /** After five failures and the wait, with an answer that would do. */
  async function withAnswer() {
    const { email, password } = await somebody();
    const address = somewhere();
    const challenge = await challenged(email, address);
    return { email, password, address, challenge, altcha: await solve(challenge) };
  }

  it('is good for one attempt, also of several at once', async () => {
    const { email, address, altcha } = await withAnswer();
    const replies = await Promise.all([1, 2, 3, 4].map(() => attempt({ email, address, altcha })));
    const codes = replies.map(({ body }) => body.code);
    expect(codes.filter((code) => code === 'INVALID_CREDENTIALS')).toHaveLength(1);
    clock.advance(60 * second);
    expectProblem(await attempt({ email, address, altcha }), {
      status: 403,
      code: 'CHALLENGE_REQUIRED',
      action: 'signin',
      account: expect.any(String),
      challenge: expect.any(Object),
    });
  }, 60_000);

  it('is good for two minutes', async () => {
    const { email, password, address, altcha } = await withAnswer();
    clock.advance(120 * second);
    await attempt({ email, password, address, altcha }).expect(403);
  }, 60_000);

  it('is good for its account only', async () => {
    const { altcha } = await withAnswer();
    const other = await somebody();
    const address = somewhere();
    await challenged(other.email, address);
    await attempt({ email: other.email, password: other.password, address, altcha }).expect(403);
  }, 60_000);

  it('must be to a challenge that is hard enough', async () => {
    const { email, password, address, altcha } = await withAnswer();
    await fail(1, { email, address, altcha });
    clock.advance(60 * second);
    const easy = await api
      .send('get', `/auth/challenge?action=signin&account=${'x'.repeat(22)}`)
      .set('x-forwarded-for', address)
      .expect(200);
    const account = (await attempt({ email, address }).expect(403)).body.account;
    // As one that was fetched before the failures, from elsewhere.
    const soft = await api.app.get(AccountProtection).challenge({ action: 'signin', account }, somewhere());
    expect((soft as unknown as Challenge).parameters.cost).toBe(easy.body.parameters.cost);
    await attempt({
      email,
      password,
      address,
      altcha: await solve(soft as unknown as Challenge),
    }).expect(403);
  }, 60_000);

  it('cannot be made by the client', async () => {
    const { email, password, address, challenge } = await withAnswer();
    const { algorithm, cost, keyPrefix, data, expiresAt } = challenge.parameters;
    const forged = await createChallenge({
      algorithm,
      cost,
      keyPrefix,
      deriveKey,
      data,
      expiresAt,
      hmacSignatureSecret: 'a guess',
    });
    const cheap = { ...challenge, parameters: { ...challenge.parameters, keyPrefix: '0', cost: 1 } };
    const answers = [
      await solve(forged),
      answerOf({ challenge: cheap, solution: { counter: 0, derivedKey: '00'.repeat(32) } }),
      answerOf({ challenge, solution: { counter: 0, derivedKey: '00'.repeat(32) } }),
      answerOf({ challenge, solution: { counter: 'x', derivedKey: 5 } }),
      answerOf({ challenge: { ...challenge, signature: undefined }, solution: {} }),
      answerOf([]),
      'no base64 at all',
      'e30=',
    ];
    for (const altcha of answers) await attempt({ email, password, address, altcha }).expect(403);
    await attempt({ email, password, address, altcha: '' }).expect(400);
    await attempt({ email, password, address, altcha: 'x'.repeat(4097) }).expect(400);
  }, 60_000);

  it('may be to a challenge fetched beforehand, which is as hard as the attempt will need it', async () => {
    const { email, password } = await somebody();
    const address = somewhere();
    await fail(5, { email, address });
    clock.advance(30 * second);
    const { body: refusal } = await signIn({ email, address }).expect(403);
    const fetched = await api
      .send('get', `/auth/challenge?action=${refusal.action}&account=${refusal.account}`)
      .set('x-forwarded-for', address)
      .expect(200);
    expect(fetched.body.parameters).toMatchObject({
      algorithm: 'SHA-256',
      cost: refusal.challenge.parameters.cost,
      data: { action: 'signin', account: refusal.account },
      expiresAt: Math.floor(clock.now().getTime() / second) + 120,
    });
    await signIn({ email, password, address, altcha: await solve(fetched.body) }).expect(200);
  }, 60_000);

  it.each(['', '?action=signin', '?account=abc&action=signin', `?action=register&account=${'x'.repeat(22)}`])(
    'is to a question asked well: %s',
    async (query) => {
      expectProblem(await api.send('get', `/auth/challenge${query}`), {
        status: 400,
        code: 'VALIDATION_FAILED',
        errors: expect.any(Array),
      });
    },
  );
});

it('leaves no name, no address and no answer behind in Postgres [P5]', async () => {
  const rows = await api.sql<{ text: string }>(
    `select f::text as text from sign_in_failures f union all select k::text from known_networks k
     union all select s::text from spent_challenges s`,
  );
  expect(rows.length).toBeGreaterThan(10);
  for (const { text } of rows) expect(text).not.toMatch(/@|198\.18|person/);
});
