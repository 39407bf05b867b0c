import { getPriority } from 'node:os';
import { readdirSync } from 'node:fs';
import { ServerSecret } from '@app/kernel';
import type { Piscina } from 'piscina';
import { Argon2PasswordHasher } from './argon2-password-hasher.js';

const secret = new ServerSecret(Buffer.from('a root secret that only these tests use'));
const slow = { minLength: 15, memoryKib: 65_536, iterations: 10, concurrency: 2 };
const quick = { ...slow, memoryKib: 8, iterations: 1 };

/** As `nice` counts: the higher, the later its turn; 19 is the last. */
const low = Math.min(19, getPriority() + 10);

/** Shows its threads to the tests. */
class VisibleHasher extends Argon2PasswordHasher {
  get pool(): Piscina {
    return (this as unknown as { threads: Piscina }).threads;
  }
}

/** How many threads of this process have each priority. */
function priorities(): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const thread of readdirSync('/proc/self/task')) {
    const priority = getPriority(Number(thread));
    counts[priority] = (counts[priority] ?? 0) + 1;
  }
  return counts;
}

describe('the threads that hash passwords', () => {
  const started: VisibleHasher[] = [];
  const start = (config: typeof slow): VisibleHasher => {
    const hasher = new VisibleHasher(config, secret);
    started.push(hasher);
    return hasher;
  };

  afterEach(async () => {
    await Promise.all(started.splice(0).map((hasher) => hasher.onApplicationShutdown()));
  });

  it('give way to whatever answers requests: they alone have a lower priority', async () => {
    const before = priorities();
    const own = getPriority();
    await start(quick).hash('quiet blue lamp');

    expect(own).toBeLessThan(low);
    expect(priorities()[low]).toBe((before[low] ?? 0) + 1);
    expect(priorities()[own]).toBeGreaterThan(1);
  });

  it('are one while nothing is hashed, and as many as PASSWORD_HASH_CONCURRENCY in a flood', async () => {
    const hasher = start(quick);
    await hasher.hash('quiet blue lamp');
    expect(hasher.pool.threads).toHaveLength(1);

    await Promise.all(Array.from({ length: 50 }, () => hasher.hash('quiet blue lamp')));
    expect(hasher.pool.threads).toHaveLength(2);
  });

  it('are replaced: one that ends fails the hash it was at, tells nothing of it, and the next succeeds', async () => {
    const hasher = start({ ...slow, concurrency: 1 });
    await hasher.verify('quiet blue lamp', await start(quick).hash('quiet blue lamp'));
    const lost = hasher.hash('quiet blue lamp').catch((error: Error) => error);
    await hasher.pool.threads[0]!.terminate();

    expect(String(await lost)).toBe('Error: worker exited with code: 1');
    expect(await start(quick).verify('quiet blue lamp', await hasher.hash('quiet blue lamp'))).toBe(true);
  });

  it('are started anew when they could not start, so that one bad moment is not the end of signing in', async () => {
    const hasher = start(quick);
    await hasher.pool.threads[0]!.terminate();

    expect(await hasher.hash('quiet blue lamp')).toMatch(/^\$argon2id/);
  });

  it('report a hash that cannot be read without the password', async () => {
    const error: unknown = await start(quick)
      .verify('quiet blue lamp', 'not a hash')
      .catch((reason: unknown) => reason);

    expect(String(error)).toMatch(/^Error: /);
    expect(String(error)).not.toContain('quiet');
  });
});
