import { OverloadedError, ServerSecret } from '@app/kernel';
import { hash as hashWithoutPepper } from '@node-rs/argon2';
import { Argon2PasswordHasher } from './argon2-password-hasher.js';

const config = { minLength: 15, memoryKib: 19_456, iterations: 2, concurrency: 2 };
const secret = new ServerSecret(Buffer.from('a root secret that only these tests use'));
const other = new ServerSecret(Buffer.from('a root secret of another installation'));

const hasher = new Argon2PasswordHasher(config, secret);

describe(Argon2PasswordHasher.name, () => {
  it('v5.0.0-11.4.2 stores a PHC string of argon2id with m=19456, t=2, p=1 and a salt of 16 bytes', async () => {
    const stored = await hasher.hash('quiet blue lamp');

    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
  });

  it('salts: the same password gives another hash each time, and both verify', async () => {
    const [one, two] = await Promise.all([hasher.hash('quiet blue lamp'), hasher.hash('quiet blue lamp')]);

    expect(one).not.toBe(two);
    expect(await hasher.verify('quiet blue lamp', one)).toBe(true);
    expect(await hasher.verify('quiet blue lamp', two)).toBe(true);
  });

  it.each([
    ['changed case', 'Quiet blue lamp'],
    ['a blank more', 'quiet blue lamp '],
    ['a blank less', 'quiet bluelamp'],
    ['a cut end', 'quiet blue lam'],
    ['nothing', ''],
  ])('v5.0.0-6.2.8 refuses the password with %s', async (_what, attempt) => {
    expect(await hasher.verify(attempt, await hasher.hash('quiet blue lamp'))).toBe(false);
  });

  it.each([72, 73, 99])(
    'v5.0.0-6.2.8 refuses a 100-character password that differs at position %i only',
    async (position) => {
      const password = Array.from({ length: 100 }, (_, index) => String.fromCharCode(97 + (index % 26))).join(
        '',
      );
      const changed = `${password.slice(0, position)}#${password.slice(position + 1)}`;
      const stored = await hasher.hash(password);

      expect(await hasher.verify(changed, stored)).toBe(false);
      expect(await hasher.verify(password, stored)).toBe(true);
    },
  );

  it('v5.0.0-6.2.8 does not stop at a NUL', async () => {
    expect(await hasher.verify('quiet\0 red lamp', await hasher.hash('quiet\0blue lamp'))).toBe(false);
  });

  it('63B-4 §3.1.1.2 accepts the composed and the decomposed spelling of one password', async () => {
    const stored = await hasher.hash('cafe\u0301 au lait noir');

    expect(await hasher.verify('caf\u00e9 au lait noir', stored)).toBe(true);
    expect(await hasher.verify('cafe au lait noir', stored)).toBe(false);
  });

  it('63B-4 §3.1.1.2 needs the pepper: a stolen hash cannot be tried without SECRET_KEY', async () => {
    const stored = await hasher.hash('quiet blue lamp');

    expect(await new Argon2PasswordHasher(config, other).verify('quiet blue lamp', stored)).toBe(false);
    expect(await hasher.verify('quiet blue lamp', await hashWithoutPepper('quiet blue lamp'))).toBe(false);
    expect(await new Argon2PasswordHasher(config, secret).verify('quiet blue lamp', stored)).toBe(true);
  });

  it('v5.0.0-11.2.2 calls a hash outdated once the parameters have grown, and still verifies it', async () => {
    const stored = await hasher.hash('quiet blue lamp');
    const moreMemory = new Argon2PasswordHasher({ ...config, memoryKib: 32_768 }, secret);
    const moreRounds = new Argon2PasswordHasher({ ...config, iterations: 3 }, secret);

    expect(hasher.isOutdated(stored)).toBe(false);
    expect(moreMemory.isOutdated(stored)).toBe(true);
    expect(moreRounds.isOutdated(stored)).toBe(true);
    expect(await moreMemory.verify('quiet blue lamp', stored)).toBe(true);
    expect(moreMemory.isOutdated(await moreMemory.hash('quiet blue lamp'))).toBe(false);
  });

  it('does not call a hash outdated that was made with stronger parameters than today', async () => {
    const stored = await new Argon2PasswordHasher({ ...config, iterations: 3 }, secret).hash(
      'quiet blue lamp',
    );

    expect(hasher.isOutdated(stored)).toBe(false);
  });

  it('v5.0.0-15.2.2 bounds a flood: one is computed, 400 wait and the rest is refused at once', async () => {
    const cheap = new Argon2PasswordHasher(
      { ...config, memoryKib: 8, iterations: 1, concurrency: 1 },
      secret,
    );

    const flood = await Promise.allSettled(Array.from({ length: 500 }, () => cheap.hash('quiet blue lamp')));
    const refused = flood.filter((outcome) => outcome.status === 'rejected');

    expect(refused).toHaveLength(99);
    expect(refused.every(({ reason }) => reason instanceof OverloadedError)).toBe(true);
    expect(flood.findIndex(({ status }) => status === 'rejected')).toBe(401);
    expect(await cheap.hash('quiet blue lamp')).toMatch(/^\$argon2id/);
  });
});
