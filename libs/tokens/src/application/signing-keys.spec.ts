import { ServerSecret, type SessionId, type TokenId, type UserId } from '@app/kernel';
import { FakeClock } from '@app/testing';
import { JwtService } from '@nestjs/jwt';
import { keyTiming } from '../domain/key-schedule.js';
import { RotationTooEarlyError, SigningKeyNotFoundError } from '../domain/tokens.errors.js';
import { EventsInMemory, keyConfig, keySecret, startKeys } from '../testing/key-parts.js';
import { SigningKeysInMemory } from '../testing/signing-keys-in-memory.js';
import { AccessTokens } from './access-tokens.js';
import { KeyMint } from './key-mint.js';
import { KeyRing } from './key-ring.js';
import { SigningKeyRotation } from './signing-key-rotation.js';

const second = 1000;
const day = 86_400 * second;
const accessTtlSeconds = 600;

/** One instance's keys and tokens, as after a start, on keys of its own or shared ones. */
async function installed(clock = new FakeClock(), keys = new SigningKeysInMemory()) {
  const parts = await startKeys(clock, keys);
  const tokens = new AccessTokens(new JwtService({}), parts.ring, clock, {
    issuer: 'https://id.corp.test',
    audience: 'rollcall',
    accessTtlSeconds,
  });
  const issue = (): string =>
    tokens.issue({
      userId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f' as UserId,
      sessionId: 'ab'.repeat(32) as SessionId,
      tokenId: 'a-token-id-of-22-chars' as TokenId,
      authenticatedAt: clock.now(),
      notAfter: new Date('2030-01-01T00:00:00Z'),
    }).text;
  const verdict = (token: string): string => tokens.verify(token).kind;
  const published = (): string[] => parts.ring.published().keys.map(({ kid }) => kid);
  const states = async (): Promise<string[]> =>
    (await parts.rotation.list()).map(({ state }) => state).toSorted();
  return { ...parts, clock, keys, tokens, issue, verdict, published, states };
}

describe(KeyRing.name, () => {
  it('makes a key and its successor on the first start and finds them again on the next', async () => {
    const first = await installed();
    const again = await installed(first.clock, first.keys);

    expect(first.published()).toHaveLength(2);
    expect(again.published()).toEqual(first.published());
    expect(again.ring.signingKey().kid).toBe(first.ring.signingKey().kid);
  });

  it('RFC 7517 publishes no private member and names use and algorithm', async () => {
    const { ring } = await installed();

    for (const key of ring.published().keys) {
      expect(key).toEqual({
        kty: 'EC',
        crv: 'P-256',
        x: expect.stringMatching(/^[\w-]{43}$/),
        y: expect.stringMatching(/^[\w-]{43}$/),
        kid: expect.stringMatching(/^[\w-]{43}$/),
        use: 'sig',
        alg: 'ES256',
      });
    }
  });

  it('v5.0.0-11.3.3 keeps the private halves sealed: they are in no stored byte', async () => {
    const { ring, keys } = await installed();
    const { kid, privateKey } = ring.signingKey();
    const stored = (await keys.list()).find((key) => key.kid === kid)!;
    const { d } = privateKey.export({ format: 'jwk' });

    expect(stored.sealedPrivateKey!.includes(Buffer.from(d!, 'base64url'))).toBe(false);
    expect(JSON.stringify(stored)).not.toContain(d);
  });

  it('says in one line that SECRET_KEY is another one than the keys were sealed with', async () => {
    const { clock, keys } = await installed();
    const other = new ServerSecret(Buffer.from('a root secret of another installation'));

    await expect(startKeys(clock, keys, other)).rejects.toThrow(
      /^SECRET_KEY does not open the signing keys in the database\. [^\n]+$/,
    );
  });

  it('is of no use before it has loaded its keys', () => {
    const clock = new FakeClock();
    const ring = new KeyRing(new SigningKeysInMemory(), new KeyMint(clock, keySecret), clock);

    expect(() => ring.signingKey()).toThrow('the key ring is used before it is loaded');
    expect(ring.published().keys).toEqual([]);
  });

  it('changes its entity tag exactly when the published keys change', async () => {
    const { ring, rotation, clock } = await installed();
    const { etag } = ring.published();
    await ring.load();
    expect(ring.published().etag).toBe(etag);
    clock.advance(keyTiming.lead * second);
    await rotation.rotate();
    await ring.load();

    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect(ring.published().etag).not.toBe(etag);
  });
});

describe(SigningKeyRotation.name, () => {
  it('lets the key sign next that everybody has known for a while [v5.0.0-11.2.2]', async () => {
    const { ring, rotation, clock, published } = await installed();
    const [old, before] = [ring.signingKey().kid, published()];
    clock.advance(keyTiming.lead * second);
    await rotation.rotate();
    await ring.load();

    expect(ring.signingKey().kid).not.toBe(old);
    expect(before).toContain(ring.signingKey().kid);
    expect(published()).toHaveLength(3);
  });

  it('refuses to let a key sign that others may not know yet, and says when it may', async () => {
    const { rotation, clock, states } = await installed();
    const from = new Date(clock.now().getTime() + keyTiming.lead * second);

    await expect(rotation.rotate()).rejects.toThrow(RotationTooEarlyError);
    await expect(rotation.rotate()).rejects.toMatchObject({ possibleFrom: from });
    expect(await states()).toEqual(['next', 'signing']);
    clock.set(from);
    await rotation.rotate();
    expect(await states()).toEqual(['next', 'retired', 'signing']);
  });

  it('rotates by age, to the second, and not sooner', async () => {
    const { rotation, clock, keys, states } = await installed();
    clock.advance(keyConfig.keyRotationSeconds * second - 1);
    expect(rotation.isDue(await keys.list())).toBe(false);
    await rotation.keepUp();
    expect(await states()).toEqual(['next', 'signing']);

    clock.advance(1);
    expect(rotation.isDue(await keys.list())).toBe(true);
    await rotation.keepUp();
    expect(await states()).toEqual(['next', 'retired', 'signing']);
    expect(rotation.isDue(await keys.list())).toBe(false);
  });

  it('v5.0.0-15.4.2 makes one new key when several instances rotate at the same moment', async () => {
    const one = await installed();
    const others = await Promise.all([1, 2, 3].map(() => installed(one.clock, one.keys)));
    one.clock.advance(keyTiming.lead * second);
    await Promise.all([one, ...others].map(({ rotation }) => rotation.rotate()));
    expect(await one.states()).toEqual(['next', 'retired', 'signing']);

    one.clock.advance(keyConfig.keyRotationSeconds * second);
    await Promise.all([one, ...others].map(({ rotation }) => rotation.keepUp()));
    expect(await one.states()).toEqual(['next', 'retired', 'retired', 'signing']);
  });

  it('accepts and publishes a retired key until the last token that it signed has died', async () => {
    const { ring, rotation, clock, issue, verdict, published } = await installed();
    const old = ring.signingKey().kid;
    clock.advance(keyTiming.lead * second);
    await rotation.rotate();
    // An instance that has not heard of it yet still signs with the old key.
    const last = issue();
    await ring.load();

    clock.advance(accessTtlSeconds * second - 1);
    expect(verdict(last)).toBe('valid');
    expect(published()).toContain(old);
    clock.advance(1);
    expect(verdict(last)).toBe('expired');
    clock.advance((keyTiming.overlap - accessTtlSeconds) * second - 1);
    expect(published()).toContain(old);
    clock.advance(1);
    expect(published()).not.toContain(old);
  });

  it('still tells whose expired token a retired key has signed, and believes no younger one', async () => {
    const { ring, rotation, clock, issue, verdict } = await installed();
    const genuine = issue();
    clock.advance(keyTiming.lead * second);
    await rotation.rotate();
    const justBefore = clock.now();
    clock.advance(10 * day);
    // Whoever has the old private half makes tokens today.
    const forged = issue();
    expect(verdict(forged)).toBe('valid');
    await ring.load();

    expect(ring.known.some(({ retiredAt }) => retiredAt?.getTime() === justBefore.getTime())).toBe(true);
    expect(verdict(genuine)).toBe('expired');
    expect(verdict(forged)).toBe('invalid');
  });

  it('erases the private half with the last token, and the key with the last memory of its sessions', async () => {
    const { rotation, clock, keys, ring, issue, verdict } = await installed();
    const [old, token] = [ring.signingKey().kid, issue()];
    const find = async () => (await keys.list()).find(({ kid }) => kid === old);
    clock.advance(keyTiming.lead * second);
    await rotation.rotate();
    clock.advance(keyTiming.overlap * second - 1);
    await rotation.keepUp();
    expect((await find())!.sealedPrivateKey).not.toBeNull();
    clock.advance(1);
    expect(rotation.isDue(await keys.list())).toBe(true);
    await rotation.keepUp();
    expect((await find())!.sealedPrivateKey).toBeNull();

    await ring.load();
    expect(verdict(token)).toBe('expired');
    clock.advance(keyConfig.keyHistoryDays * day);
    while (rotation.isDue(await keys.list())) await rotation.keepUp();
    await ring.load();
    expect(await find()).toBeUndefined();
    expect(verdict(token)).toBe('invalid');
  });

  it('refuses every token of a withdrawn key at once, also those whose signature was verified before', async () => {
    const { ring, rotation, issue, verdict, published, states } = await installed();
    const [known, unknown, old] = [issue(), issue(), ring.signingKey().kid];
    expect(verdict(known)).toBe('valid');
    await rotation.withdraw(old);
    await ring.load();

    expect([known, unknown].map(verdict)).toEqual(['invalid', 'invalid']);
    expect(published()).not.toContain(old);
    expect(verdict(issue())).toBe('valid');
    expect(await states()).toEqual(['next', 'signing', 'withdrawn']);
    const withdrawn = ring.known.find(({ kid }) => kid === old)!;
    expect(withdrawn.sealedPrivateKey).toBeNull();
  });

  it('withdraws a successor and a retired key, too, without disturbing the one that signs', async () => {
    const { ring, rotation, clock, issue, verdict, states } = await installed();
    const early = issue();
    clock.advance(keyTiming.lead * second);
    await rotation.rotate();
    await ring.load();
    const token = issue();
    const kidOf = (state: string) =>
      rotation.list().then((keys) => keys.find((key) => key.state === state)!.kid);
    await rotation.withdraw(await kidOf('next'));
    await rotation.withdraw(await kidOf('retired'));
    await ring.load();

    expect(verdict(token)).toBe('valid');
    expect(verdict(early)).toBe('invalid');
    expect(await states()).toEqual(['next', 'signing', 'withdrawn', 'withdrawn']);
  });

  it('takes a second withdrawal without complaint, and knows no key that does not exist', async () => {
    const { ring, rotation, clock, keys } = await installed();
    const { kid } = ring.signingKey();
    await rotation.withdraw(kid);
    const before = await keys.list();
    clock.advance(1000);
    await rotation.withdraw(kid);

    expect(await keys.list()).toEqual(before);
    await expect(rotation.withdraw('nonsense')).rejects.toThrow(SigningKeyNotFoundError);
  });

  it('never deletes a withdrawn key, so that it can be seen what happened', async () => {
    const { ring, rotation, clock, states } = await installed();
    await rotation.withdraw(ring.signingKey().kid);
    clock.advance(400 * day);
    await rotation.keepUp();

    expect(await states()).toContain('withdrawn');
  });

  it('changes nothing under another SECRET_KEY', async () => {
    const { keys, ring, clock } = await installed();
    const before = await keys.list();
    const mint = new KeyMint(clock, new ServerSecret(Buffer.from('a root secret of another installation')));
    const stranger = new SigningKeyRotation(keys, mint, new EventsInMemory(), clock, keyConfig);
    clock.advance(400 * day);

    for (const change of [stranger.rotate(), stranger.keepUp(), stranger.withdraw(ring.signingKey().kid)]) {
      await expect(change).rejects.toThrow(/^SECRET_KEY does not open/);
    }
    expect(await keys.list()).toEqual(before);
  });

  it('shows an operator times and states, and no key', async () => {
    const { rotation, clock } = await installed();
    const reports = await rotation.list();

    expect(reports.find(({ state }) => state === 'next')).toEqual({
      kid: expect.any(String),
      state: 'next',
      createdAt: clock.now(),
      signsFrom: null,
      retiredAt: null,
      withdrawnAt: null,
    });
  });
});
