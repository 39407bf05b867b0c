import { generateKeyPairSync } from 'node:crypto';
import { eventually, FakeClock } from '@app/testing';
import { KeyRing, SigningKeyRotation } from '@app/tokens';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { headerIn } from '../support/claims.js';
import { aClientOf } from '../support/clients.js';
import { hs256, TokenForge } from '../support/token-forge.js';
import { aServiceOf, type Interference, type Platform, type Service } from './service.js';

let api: Api;

beforeAll(async () => {
  api = await startApi({ env: { SESSION_LIMIT: '50' } });
});

const platforms: Platform[] = ['fastify', 'express'];
const away: Interference = () => Promise.reject(new TypeError('fetch failed'));
const withoutFeed: Interference = (url) =>
  url.pathname.endsWith('/revocations') ? Promise.reject(new TypeError('fetch failed')) : null;

/** Has a poll that waits answered. */
async function somethingEnds(at: Api): Promise<void> {
  await (await at.register()).post('/auth/signout').expect(200);
}

/** Until the service refuses a token, at most a second after what has ended it was answered. */
async function refusesWithinASecond(service: Service, token: string): Promise<string> {
  const answeredAt = performance.now();
  await eventually(async () => (await service.get('/orders', token)).status === 401, {
    timeoutMs: 3_000,
    describe: 'the token is refused',
  });
  expect(performance.now() - answeredAt).toBeLessThan(1_000);
  return service.says(token);
}

describe.each(platforms)('a service on %s', (platform) => {
  let service: Service;

  beforeAll(async () => {
    service = await (await aServiceOf(api, { platform })).isFresh();
  });

  it('lets whoever has a live session in, and tells its handlers who it is', async () => {
    const device = await api.register();
    const { body } = await service.get('/orders', device.token).expect(200);
    expect(body).toEqual({
      orders: [{ id: 1, of: device.userId }],
      seen_by: device.sessionId,
      vouched_by: 'feed',
    });
  });

  it('refuses everybody else as Rollcall does: problem, code, challenge', async () => {
    for (const [authorization, code, challenge] of [
      [undefined, 'UNAUTHENTICATED', 'Bearer'],
      [
        'Basic YTpi',
        'TOKEN_INVALID',
        'Bearer error="invalid_token", error_description="The token cannot be read."',
      ],
      [
        'Bearer a.b.c',
        'TOKEN_INVALID',
        'Bearer error="invalid_token", error_description="The token is not valid."',
      ],
    ] as const) {
      const reply = await service.get('/orders').set(authorization === undefined ? {} : { authorization });
      expect([reply.status, reply.body.code, reply.headers['www-authenticate']]).toEqual([
        401,
        code,
        challenge,
      ]);
      expect(reply.headers['content-type']).toBe('application/problem+json; charset=utf-8');
      expect(reply.body).toMatchObject({ success: false, status: 401, error: { code } });
    }
  });

  it('knows who asks on optional routes, asks nobody on public ones, and takes no bad token for none', async () => {
    const { token } = await api.register();
    expect((await service.get('/prices').expect(200)).body).toEqual({ price: 10 });
    expect((await service.get('/prices', token).expect(200)).body).toEqual({ price: 9 });
    await service.get('/prices', 'a.b.c').expect(401);
    const { body } = await service.get('/health', 'a.b.c').expect(200);
    expect(body.revocations.state).toBe('fresh');
  });

  it('refuses an ended session within one second offline, and says how it ended', async () => {
    const device = await api.register();
    await service.get('/orders', device.token).expect(200);
    await device.post('/auth/signout').expect(200);
    expect(await refusesWithinASecond(service, device.token)).toBe('401 SESSION_ENDED signout');
  });

  it('refuses an ended session at once by introspection', async () => {
    const asking = await aServiceOf(api, { platform, mode: 'introspection' });
    const device = await api.register();
    const { body } = await asking.get('/orders', device.token).expect(200);
    expect(body.vouched_by).toBe('introspection');
    await device.post('/auth/signout').expect(200);
    expect(await asking.says(device.token)).toBe('401 TOKEN_REVOKED');
  });
});

describe('offline', () => {
  it('everything that ends tokens before their time is known: one token, all of a person, a disabled account', async () => {
    const service = await (await aServiceOf(api)).isFresh();
    const administrator = await api.administrator();
    const [refreshed, everywhere, disabled] = [
      await api.register(),
      await api.register(),
      await api.register(),
    ];
    const second = await api.signIn(everywhere.person);
    const { body } = await api.refresh(refreshed.refreshToken).expect(200);
    await everywhere.post('/auth/logout-all').expect(200);
    await administrator.post(`/admin/users/${disabled.userId}/disable`, { reason: 'left' }).expect(200);
    expect(await refusesWithinASecond(service, disabled.token)).toBe('401 SESSION_ENDED user_disabled');
    expect(await service.says(refreshed.token)).toBe('401 TOKEN_REVOKED');
    expect(await service.says(everywhere.token)).toBe('401 SESSION_ENDED signout_all');
    expect(await service.says(second.token)).toBe('401 SESSION_ENDED signout_all');
    expect(await service.says(body.data.access_token)).toBe('200');
    expect(service.countOf('introspect')).toBe(0);
  });

  it('a session that may only read, or must change its password, is let in neither way', async () => {
    const services = [
      await (await aServiceOf(api)).isFresh(),
      await aServiceOf(api, { mode: 'introspection' }),
    ];
    const [sharing, changing] = [await api.register(), await api.register()];
    const { body: share } = await sharing.post('/sessions/shares', { minutes: 5, label: 'Bob' }).expect(201);
    const opened = await api
      .send('post', '/auth/shares/redeem')
      .send({ token: share.data.token })
      .expect(200);
    const administrator = await api.administrator();
    await administrator
      .post(`/admin/users/${changing.userId}/require-password-change`, { reason: 'leak' })
      .expect(200);
    const { token: beforeChange } = await api.signIn(changing.person);
    await api.as(opened.body.data.access_token).get('/auth/session').expect(200);
    for (const token of [opened.body.data.access_token, beforeChange])
      for (const service of services) expect(await service.says(token)).toBe('401 TOKEN_INVALID');
    const { id, secret } = await aClientOf(api);
    for (const token of [opened.body.data.access_token, beforeChange]) {
      const asked = api.send('post', '/oauth/introspect').auth(id, secret).type('form').send({ token });
      expect((await asked.expect(200)).body).toEqual({ active: false });
    }
  });

  it('a token is judged by all that it says', async () => {
    const service = await (await aServiceOf(api)).isFresh();
    const { token } = await api.register();
    const { privateKey } = api.app.get(KeyRing, { strict: false }).signingKey();
    const forge = new TokenForge(token, privateKey);
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const now = Math.floor(Date.now() / 1_000);
    const forgeries: [string, string][] = [
      [forge.make({}), '200'],
      [forge.make({ claims: { exp: now - 6 } }), '401 TOKEN_EXPIRED'],
      [forge.make({ key: stranger }), '401 TOKEN_INVALID'],
      [forge.make({ header: { alg: 'HS256' }, signature: hs256('secret') }), '401 TOKEN_INVALID'],
      [forge.make({ header: { alg: 'none' }, signature: () => Buffer.alloc(0) }), '401 TOKEN_INVALID'],
      [forge.make({ header: { typ: 'JWT' } }), '401 TOKEN_INVALID'],
      [forge.make({ header: { kid: undefined } }), '401 TOKEN_INVALID'],
      [forge.make({ claims: { iss: 'https://elsewhere.example' } }), '401 TOKEN_INVALID'],
      [forge.make({ claims: { aud: 'others' } }), '401 TOKEN_INVALID'],
      [forge.make({ claims: { sid: undefined } }), '401 TOKEN_INVALID'],
    ];
    for (const [forgery, verdict] of forgeries) expect(await service.says(forgery)).toBe(verdict);
  });

  it('a rotated key is found, a withdrawn one is believed no more, and made-up ones have Rollcall asked once', async () => {
    // Ten minutes must have passed since the successor was published; tokens are judged by the real clock.
    const clock = new FakeClock(new Date(Date.now() - 700_000));
    const own = await startApi({ clock });
    clock.set(new Date());
    const service = await (await aServiceOf(own)).isFresh();
    const before = await own.register();
    expect(await service.says(before.token)).toBe('200');
    const rotation = own.app.get(SigningKeyRotation, { strict: false });
    await rotation.rotate();
    const kid = headerIn(before.token)['kid'] as string;
    const ring = own.app.get(KeyRing, { strict: false });
    await eventually(() => ring.signingKey().kid !== kid, { describe: 'another key signs' });
    const after = await own.register();
    const forge = new TokenForge(after.token, generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey);
    service.ahead += 60_000;
    const looks = service.countOf('jwks');
    for (let index = 0; index < 5; index += 1)
      expect(await service.says(forge.make({ header: { kid: `made-up-${index}` } }))).toBe(
        '401 TOKEN_INVALID',
      );
    expect(service.countOf('jwks') - looks).toBe(1);
    // The poll that waits began before the jump of the clock.
    await somethingEnds(own);
    await somethingEnds(own);
    await service.isFresh();
    expect([await service.says(before.token), await service.says(after.token)]).toEqual(['200', '200']);
    await rotation.withdraw(kid);
    expect(await refusesWithinASecond(service, before.token)).toBe('401 TOKEN_INVALID');
    expect(await service.says(after.token)).toBe('200');
  });
});

describe('while the feed is interrupted', () => {
  /** From the next poll on; the one that waits is answered because somebody signs out. */
  async function interrupted(service: Service, how: Interference = withoutFeed): Promise<void> {
    let isCut = false;
    service.between = (url, hasEnded) => {
      const reply = how(url, hasEnded);
      isCut ||= reply !== null;
      return reply;
    };
    await somethingEnds(api);
    await eventually(() => isCut, { describe: 'the next poll is cut' });
    service.ahead += 11_000;
    expect(service.feed.state).toBe('stale');
  }

  it.each(['refuse', 'introspect', 'allow'] as const)(
    'the policy %s decides, and nothing is missed',
    async (policy) => {
      const service = await (await aServiceOf(api, { offline: { onStaleFeed: policy } })).isFresh();
      const [known, live, late] = [await api.register(), await api.register(), await api.register()];
      await known.post('/auth/signout').expect(200);
      await refusesWithinASecond(service, known.token);
      await interrupted(service);
      await late.post('/auth/signout').expect(200);
      const expected = {
        refuse: ['503 STORE_UNAVAILABLE', '503 STORE_UNAVAILABLE'],
        introspect: ['200', '401 TOKEN_REVOKED'],
        allow: ['200', '200'],
      }[policy];
      expect(await service.says(known.token)).toBe('401 SESSION_ENDED signout');
      expect([await service.says(live.token), await service.says(late.token)]).toEqual(expected);
      service.between = () => null;
      await service.isFresh();
      expect(await service.says(late.token)).toBe('401 SESSION_ENDED signout');
      expect(await service.says(live.token)).toBe('200');
    },
  );

  it('503 says when to come back', async () => {
    const service = await (await aServiceOf(api)).isFresh();
    const { token } = await api.register();
    expect(await service.says(token)).toBe('200');
    await interrupted(service, away);
    const reply = await service.get('/orders', token);
    expect([reply.status, reply.headers['retry-after'], reply.headers['www-authenticate']]).toEqual([
      503,
      '1',
      undefined,
    ]);
  });

  it('a connection that hangs makes it stale, too', async () => {
    const service = await (await aServiceOf(api)).isFresh();
    const hang: Interference = (_url, hasEnded) =>
      new Promise((_, reject) => {
        hasEnded.addEventListener('abort', () => reject(new Error('aborted')));
      });
    await interrupted(service, hang);
    expect(service.feed.ageSeconds).toBeGreaterThan(10);
  });

  it('a cursor that leads nowhere has everything read anew, and what is known stays known', async () => {
    const service = await (await aServiceOf(api)).isFresh();
    const [before, later] = [await api.register(), await api.register()];
    await before.post('/auth/signout').expect(200);
    await refusesWithinASecond(service, before.token);
    let lost = 0;
    service.between = (url) => {
      if (!url.searchParams.has('after') || lost > 0) return null;
      lost += 1;
      return Promise.resolve(Response.json({ code: 'CURSOR_GONE' }, { status: 410 }));
    };
    await eventually(() => lost === 1, { describe: 'the cursor is refused' });
    expect(await service.says(before.token)).toBe('401 SESSION_ENDED signout');
    await later.post('/auth/signout').expect(200);
    expect(await refusesWithinASecond(service, later.token)).toBe('401 SESSION_ENDED signout');
    expect(service.feed.state).toBe('fresh');
  });
});

describe('a service that starts', () => {
  it('lets nobody in on a good signature alone before it knows who is out', async () => {
    const device = await api.register();
    await device.post('/auth/signout').expect(200);
    const service = await aServiceOf(api, { fetch: undefined });
    await service.isFresh();
    expect(await service.says(device.token)).toBe('401 SESSION_ENDED signout');
  });

  it.each([
    [undefined, '503 STORE_UNAVAILABLE'],
    ['allow', '200'],
    ['introspect', '200'],
  ] as const)('follows the policy for that: %s', async (whileStarting, verdict) => {
    const { token } = await api.register();
    const { fetch: send } = globalThis;
    let isAway = true;
    const service = await aServiceOf(api, {
      offline: { whileStarting },
      fetch: (url, init) =>
        isAway && url.includes('/revocations')
          ? Promise.reject(new TypeError('fetch failed'))
          : send(url, init),
    });
    expect([service.feed.state, await service.says(token)]).toEqual(['starting', verdict]);
    isAway = false;
    await service.isFresh();
    expect(await service.says(token)).toBe('200');
  });

  it('has memory for what may still be alive, and no longer', async () => {
    const service = await (await aServiceOf(api)).isFresh();
    const device = await api.register();
    await device.post('/auth/signout').expect(200);
    await refusesWithinASecond(service, device.token);
    expect(service.feed.entries).toBeGreaterThan(0);
    service.ahead += 961_000;
    const another = await api.register();
    await another.post('/auth/signout').expect(200);
    await eventually(() => service.feed.entries === 1, { describe: 'only the new entry is left' });
  });

  it.each([
    { clockToleranceSeconds: 120 },
    { mode: 'ofline' as never },
    { offline: { onStaleFeed: 'deny' as never } },
    { offline: { whileStarting: 'block' as never } },
  ])('refuses numbers and words that would make it unsafe: %j', async (wrong) => {
    const client = { id: 'a', secret: 'b' };
    await expect(aServiceOf(api, { client, ...wrong })).rejects.toThrow(RangeError);
  });
});

describe('introspection', () => {
  it('that is not answered is 503, never 401', async () => {
    const service = await aServiceOf(api, { mode: 'introspection' });
    const device: SignedInDevice = await api.register();
    expect(await service.says(device.token)).toBe('200');
    service.between = away;
    expect(await service.says(device.token)).toBe('503 STORE_UNAVAILABLE');
    const unknown = await aServiceOf(api, { mode: 'introspection', client: { id: 'nobody', secret: 'x' } });
    expect(await unknown.says(device.token)).toBe('503 STORE_UNAVAILABLE');
  });

  it('is remembered for as long as was asked for, and not at all unless told', async () => {
    const device = await api.register();
    const [plain, lazy] = [
      await aServiceOf(api, { mode: 'introspection' }),
      await aServiceOf(api, { mode: 'introspection', introspection: { cacheSeconds: 60 } }),
    ];
    for (const service of [plain, lazy, plain, lazy]) expect(await service.says(device.token)).toBe('200');
    expect([plain.countOf('introspect'), lazy.countOf('introspect')]).toEqual([2, 1]);
    lazy.ahead += 60_001;
    await device.post('/auth/signout').expect(200);
    expect(await lazy.says(device.token)).toBe('401 TOKEN_REVOKED');
  });
});
