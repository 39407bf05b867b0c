import { OverloadedError, RandomSource } from '@app/kernel';
import { PasswordRefusedError } from '../domain/auth.errors.js';
import { CommonPasswords } from '../domain/common-passwords.js';
import { PasswordHasher } from '../domain/password-hasher.js';
import { Passwords } from './passwords.js';

/** Hashes by writing the password down; can be told to refuse the next calls. */
class PlainHasher extends PasswordHasher {
  calls: string[] = [];
  refusals = 0;

  async hash(password: string): Promise<string> {
    this.admit('hash');
    return `plain:${password}`;
  }

  async verify(password: string, hash: string): Promise<boolean> {
    this.admit('verify');
    return hash === `plain:${password}`;
  }

  isOutdated(hash: string): boolean {
    return hash.startsWith('plain:old');
  }

  private admit(call: string): void {
    this.calls.push(call);
    if (this.refusals === 0) return;
    this.refusals -= 1;
    throw new OverloadedError();
  }
}

class OneCommonPassword extends CommonPasswords {
  includes(foldedPassword: string): boolean {
    return foldedPassword === 'correcthorsebatterystaple';
  }
}

class ZeroRandom extends RandomSource {
  bytes(length: number): Buffer {
    return Buffer.alloc(length);
  }
}

const config = { minLength: 15, memoryKib: 19_456, iterations: 2, concurrency: 1 };
const context = { email: 'ann@corp.test', username: null };

function setup(): { passwords: Passwords; hasher: PlainHasher } {
  const hasher = new PlainHasher();
  return { hasher, passwords: new Passwords(hasher, new OneCommonPassword(), new ZeroRandom(), config) };
}

describe(Passwords.name, () => {
  it('hashes a password that the policy accepts', async () => {
    const { passwords } = setup();

    expect(await passwords.create('quiet blue lamp', context)).toBe('plain:quiet blue lamp');
  });

  it('v5.0.0-6.2.4 refuses a common one, names the field and never repeats the password', async () => {
    const { passwords, hasher } = setup();

    const refused = passwords.create('CorrectHorseBatteryStaple', context, 'new_password');

    await expect(refused).rejects.toThrow(PasswordRefusedError);
    await expect(refused).rejects.toMatchObject({
      message: 'The password cannot be used.',
      facts: {
        errors: [{ field: 'new_password', message: 'is one of the passwords that attackers try first' }],
      },
    });
    expect(hasher.calls).toEqual([]);
  });

  it('knows the right password from a wrong one', async () => {
    const { passwords } = setup();

    expect(await passwords.matches('quiet blue lamp', 'plain:quiet blue lamp')).toBe(true);
    expect(await passwords.matches('Quiet blue lamp', 'plain:quiet blue lamp')).toBe(false);
  });

  it('v5.0.0-6.3.8 checks a decoy for an unknown account, so that the answer costs as much', async () => {
    const { passwords, hasher } = setup();
    await passwords.matches('whatever is typed', null);
    hasher.calls = [];

    expect(await passwords.matches('whatever is typed', null)).toBe(false);
    expect(hasher.calls).toEqual(['verify']);
  });

  it('lets nobody in with the password of the decoy', async () => {
    const { passwords } = setup();

    expect(await passwords.matches(Buffer.alloc(32).toString('base64'), null)).toBe(false);
  });

  it('v5.0.0-6.3.8 answers unknown accounts again once a flood that hit the first of them is over', async () => {
    const { passwords, hasher } = setup();
    hasher.refusals = 1;
    await expect(passwords.matches('whatever is typed', null)).rejects.toThrow(OverloadedError);

    expect(await passwords.matches('whatever is typed', null)).toBe(false);
  });

  it('spends no hash on a password longer than any can be', async () => {
    const { passwords, hasher } = setup();

    expect(await passwords.matches('x'.repeat(257), 'plain:x')).toBe(false);
    expect(hasher.calls).toEqual([]);
  });

  it('hashes anew only what was made with weaker parameters', async () => {
    const { passwords } = setup();

    expect(await passwords.rehash('quiet blue lamp', 'plain:old')).toBe('plain:quiet blue lamp');
    expect(await passwords.rehash('quiet blue lamp', 'plain:new')).toBeNull();
  });
});
