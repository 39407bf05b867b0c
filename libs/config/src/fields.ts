import { z } from 'zod';

/** Environment values are text; an empty one counts as absent, because compose files and shells produce it. */
export const text = () => z.string().trim();

/** A whole number written in decimal digits; `10.5`, `1e3` and `0x10` are refused rather than guessed at. */
export const integer = (bounds: { min: number; max: number }) =>
  text()
    .regex(/^-?\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine((value) => value >= bounds.min && value <= bounds.max, {
      error: `must be between ${bounds.min} and ${bounds.max}`,
    });

export const flag = () =>
  text()
    .toLowerCase()
    .refine((value) => ['true', 'false', '1', '0'].includes(value), { error: 'must be true or false' })
    .transform((value) => value === 'true' || value === '1');

export const url = (protocols: readonly string[]) =>
  text().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    error: `must be a URL that starts with ${protocols.map((name) => `${name}//`).join(' or ')}`,
  });

/** `limit/seconds`: so many in any window of that length. */
export const windowLimit = () =>
  text()
    .regex(/^\d{1,9}\/\d{1,9}$/, 'must be limit/seconds, such as 10/60')
    .transform((value) => {
      const [limit = 0, seconds = 0] = value.split('/').map(Number);
      return { limit, seconds };
    })
    .refine(({ limit, seconds }) => isCount(limit) && isSpan(seconds), { error: outOfBounds });

/** `rate/seconds/burst`: so many at once, and so many more per interval. */
export const bucketLimit = () =>
  text()
    .regex(/^\d{1,9}\/\d{1,9}\/\d{1,9}$/, 'must be rate/seconds/burst, such as 20/1/60')
    .transform((value) => {
      const [rate = 0, seconds = 0, burst = 0] = value.split('/').map(Number);
      return { rate, seconds, burst };
    })
    .refine(({ rate, seconds, burst }) => isCount(rate) && isSpan(seconds) && isCount(burst), {
      error: outOfBounds,
    });

const outOfBounds = 'must count from 1 to 1000000, over 1 to 86400 seconds';
const isCount = (value: number): boolean => value >= 1 && value <= 1_000_000;
const isSpan = (seconds: number): boolean => seconds >= 1 && seconds <= 86_400;

/** Words that sample files and tutorials put where a secret belongs. */
const placeholder =
  /change.?me|placeholder|example|your[-_ ]|secret.?key|password|replace|sample|default|todo/i;

/** A secret of at least 32 characters that is neither a sample nor one pattern repeated (RFC 8725 §3.5). */
export const strongSecret = () =>
  text()
    .min(32, 'must have at least 32 characters; make one with: openssl rand -hex 32')
    .refine((value) => !placeholder.test(value), {
      error: 'looks like a placeholder; make one with: openssl rand -hex 32',
    })
    .refine((value) => new Set(value).size >= 10, {
      error: 'is too regular; make one with: openssl rand -hex 32',
    });
