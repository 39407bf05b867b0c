import { refusalOf } from '../../domain/password-policy.js';
import { ZxcvbnCommonPasswords } from './zxcvbn-common-passwords.js';

const config = { minLength: 15, memoryKib: 19_456, iterations: 2, concurrency: 1 };
const common = new ZxcvbnCommonPasswords(config);
const refusal = (password: string): string | null =>
  refusalOf(
    password,
    { email: 'a@b.test', username: null },
    { minLength: 15, isCommon: (each) => common.includes(each) },
  );

describe(ZxcvbnCommonPasswords.name, () => {
  it('holds tens of thousands of entries', () => {
    expect(common['entries'].size).toBeGreaterThan(30_000);
  });

  it.each(['password', 'iloveyou', 'dragon', '1qaz2wsx'])('v5.0.0-6.2.4 knows %s', (entry) => {
    expect(common.includes(entry)).toBe(true);
  });

  it('v5.0.0-6.2.4 refuses each of its entries that the policy would be long enough for', () => {
    const long = [...common['entries']].filter((entry) => [...entry].length >= 15);

    expect(long.length).toBeGreaterThan(10);
    expect(long.filter((entry) => refusal(entry) === null)).toEqual([]);
  });

  it('v5.0.0-6.2.4 refuses a listed word that was only repeated', () => {
    expect(refusal('princessprincess')).toBe('repeats a short pattern');
  });

  it('does not know what nobody uses', () => {
    expect(common.includes('quiet blue lamp')).toBe(false);
  });
});
