import { Database } from '@app/postgres';
import { eventually, FakeClock } from '@app/testing';
import { AccessTokens, KeyRing, SigningKeyRotation } from '@app/tokens';
import { type Api, startApi } from '../support/api.js';
import { headerIn } from '../support/claims.js';
import { TokenForge } from '../support/token-forge.js';

const second = 1000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** Longer than a key must be known before it signs, so that tokens from before a rotation live through it. */
const env = { ACCESS_TOKEN_TTL: '900', SESSION_LIMIT: '100', SESSION_IDLE_TTL: '604800' };

interface Fleet {
  readonly clock: FakeClock;
  readonly all: readonly [Api, Api, Api];
}

async function startFleet(): Promise<Fleet> {
  const clock = new FakeClock();
  const first = await startApi({ clock, env: { ...env, INSTANCE_ID: 'first' } });
  const other = await startApi({ clock, env: { ...env, INSTANCE_ID: 'second' }, beside: first });
  const third = await startApi({ clock, env: { ...env, INSTANCE_ID: 'third' }, beside: first });
  return { clock, all: [first, other, third] };
}

/** Wall time only, as seen by keys and tokens; the protocol between instances measures durations. */
function pass({ clock }: Fleet, ms: number): void {
  clock.set(new Date(clock.now().getTime() + ms));
}

const rotationOf = ({ app }: Api): SigningKeyRotation => app.get(SigningKeyRotation, { strict: false });
const signerOf = ({ app }: Api): string => app.get(KeyRing, { strict: false }).signingKey().kid;

async function publishedBy(api: Api): Promise<string[]> {
  const { body } = await api.root('get', '/.well-known/jwks.json').expect(200);
  return (body.keys as { kid: string }[]).map(({ kid }) => kid).toSorted();
}

/** All sign with one and the same key, and it is not this one. */
function haveMovedOnFrom(kid: string, { all }: Fleet): Promise<unknown> {
  return eventually(() => all.every((api) => signerOf(api) !== kid && signerOf(api) === signerOf(all[0])), {
    describe: 'every instance signs with the new key',
  });
}

describe('rotation of the signing key', () => {
  it('refuses no token while three instances sign in and check, and two rotate at the same moment', async () => {
    const fleet = await startFleet();
    const [first, , third] = fleet.all;
    const { person } = await first.register();
    const refusals: unknown[] = [];
    let asked = 0;
    const check = async (token: string): Promise<void> => {
      for (const api of fleet.all) {
        const { status, body } = await api.as(token).get('/auth/session');
        if (status === 200) asked += 1;
        // 503 says that nobody could look; the token is not refused by it.
        else if (status !== 503) refusals.push({ status, code: body.code });
      }
    };
    const signIn = async (api: Api): Promise<string> => {
      for (;;) {
        const { email, password } = person;
        const reply = await api.send('post', '/auth/signin').send({ email, password });
        if (reply.status !== 503) return reply.body.data.access_token;
      }
    };
    for (let round = 0; round < 3; round += 1) {
      const old = signerOf(first);
      const before = await Promise.all(fleet.all.map(signIn));
      pass(fleet, 10 * minute);
      const over = new AbortController();
      const load = [
        ...before.map(async (token) => {
          while (!over.signal.aborted) await check(token);
        }),
        ...fleet.all.map(async (api) => {
          while (!over.signal.aborted) await check(await signIn(api));
        }),
      ];
      await Promise.all([rotationOf(first).rotate(), rotationOf(third).rotate()]);
      await haveMovedOnFrom(old, fleet);
      for (const api of fleet.all) await check(await signIn(api));
      over.abort();
      await Promise.all(load);
    }

    expect(refusals).toEqual([]);
    expect(asked).toBeGreaterThan(50);
    const states = (await rotationOf(first).list()).map(({ state }) => state).toSorted();
    expect(states).toEqual(['next', 'retired', 'retired', 'retired', 'signing']);
  });

  it('happens by age, once for all instances, with a key that was published all the time', async () => {
    const fleet = await startFleet();
    const [first, other] = fleet.all;
    const [old, before] = [signerOf(first), await publishedBy(other)];
    pass(fleet, 90 * day - 1);
    await eventually(() => signerOf(first) === old, { describe: 'the old key still signs' });
    pass(fleet, 1);
    await haveMovedOnFrom(old, fleet);
    const device = await first.register();

    expect(before).toContain(headerIn(device.token)['kid']);
    const published = await Promise.all(fleet.all.map(publishedBy));
    expect(published[0]).toHaveLength(3);
    expect(published[1]).toEqual(published[0]);
    expect(published[2]).toEqual(published[0]);
    pass(fleet, 16 * minute);
    expect(await publishedBy(first)).not.toContain(old);
    expect(await publishedBy(first)).toHaveLength(2);
    await eventually(
      async () => {
        const [row] = await first.sql<{ erased: boolean }>(
          'select sealed_private_key is null as erased from signing_keys where kid = $1',
          [old],
        );
        return row!.erased;
      },
      { describe: 'the private half of the old key is erased' },
    );
  });

  it('tells whoever keeps the published keys that there are others', async () => {
    const fleet = await startFleet();
    const [first] = fleet.all;
    const { headers } = await first.root('get', '/.well-known/jwks.json').expect(200);
    const old = signerOf(first);
    pass(fleet, 10 * minute);
    await rotationOf(first).rotate();
    await haveMovedOnFrom(old, fleet);
    const again = first.root('get', '/.well-known/jwks.json').set('if-none-match', headers.etag!);
    await again.expect(200);
  });
});

describe('withdrawal of a signing key', () => {
  it.each([
    ['by command', (api: Api, kid: string) => rotationOf(api).withdraw(kid)],
    [
      'when no hint is heard',
      (api: Api, kid: string) =>
        api.sql(
          'update signing_keys set withdrawn_at = now(), retired_at = coalesce(retired_at, now()) where kid = $1',
          [kid],
        ),
    ],
  ])(
    'is followed by every instance within seconds, %s; and what is signed anew is good everywhere',
    async (_how, withdraw) => {
      const fleet = await startFleet();
      const [first] = fleet.all;
      const device = await first.register();
      const kid = headerIn(device.token)['kid'] as string;
      // Remembered as verified by each of them.
      for (const api of fleet.all) await api.as(device.token).get('/auth/session').expect(200);
      await withdraw(first, kid);
      await haveMovedOnFrom(kid, fleet);

      for (const api of fleet.all) {
        const { body } = await api.as(device.token).get('/auth/session').expect(401);
        expect(body.code).toBe('TOKEN_INVALID');
        expect(await publishedBy(api)).not.toContain(kid);
        const { token } = await api.signIn(device.person);
        for (const other of fleet.all) await other.as(token).get('/auth/session').expect(200);
      }
    },
  );

  it('leaves nothing of the key to sign with', async () => {
    const api = await startApi();
    const kid = signerOf(api);
    const device = await api.register();
    const { privateKey } = api.app.get(KeyRing, { strict: false }).signingKey();
    await rotationOf(api).withdraw(kid);
    await eventually(() => signerOf(api) !== kid, { describe: 'another key signs' });
    const stolen = new TokenForge(device.token, privateKey);

    await api.as(stolen.make({})).get('/auth/session').expect(401);
    expect(await api.sql('select kid from signing_keys where sealed_private_key is null')).toEqual([{ kid }]);
    await expect(rotationOf(api).list()).resolves.toHaveLength(3);
    expect(api.log.find('keys.signing')).toHaveLength(2);
  });
});

describe('a flood of tokens with unknown keys', () => {
  it('causes no statement, is remembered nowhere, and fetches nothing', async () => {
    const api = await startApi({ env: { JOBS_ENABLED: 'false' } });
    const device = await api.register();
    const ring = api.app.get(KeyRing, { strict: false });
    const forge = new TokenForge(device.token, ring.signingKey().privateKey);
    const database = api.app.get(Database, { strict: false });
    const asked = [jest.spyOn(database, 'query'), jest.spyOn(database, 'check'), jest.spyOn(database, 'run')];
    const fetched = jest.spyOn(globalThis, 'fetch');
    const remembered = api.app.get(AccessTokens, { strict: false })['remembered'];
    const { size } = remembered;
    for (let flood = 0; flood < 300; flood += 1) {
      const kid = Buffer.from(`unknown key ${flood}`).toString('base64url');
      await api
        .as(forge.make({ header: { kid } }))
        .get('/auth/session')
        .expect(401);
    }

    for (const spy of [...asked, fetched]) expect(spy).toHaveBeenCalledTimes(0);
    expect(remembered.size).toBe(size);
    jest.restoreAllMocks();
  });
});
