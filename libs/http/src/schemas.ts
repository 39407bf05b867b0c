import { z } from 'zod';

/**
 * Text that people type. Control characters (a null byte makes Postgres refuse the statement) and unpaired
 * surrogates (which no database can store faithfully) are refused, never repaired.
 */
export const humanText = (bounds: { min: number; max: number }) =>
  z
    .string('must be text')
    .min(bounds.min, bounds.min === 1 ? 'must not be empty' : `must have at least ${bounds.min} characters`)
    .max(bounds.max, `must have at most ${bounds.max} characters`)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), 'must not contain control characters');

/** Length is the policy's business. Refused here is what nobody can have typed, and what costs too much to hash. */
export const passwordText = z
  .string('must be text')
  .min(1, 'must not be empty')
  .refine((value) => Buffer.byteLength(value) <= 1024, 'must have at most 1024 bytes')
  .refine(
    (value) => value.isWellFormed() && !value.includes('\0'),
    'must be well-formed text without null characters',
  );

export const emailText = z
  .string('must be text')
  .trim()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('must be an e-mail address'));

/** As replies tell it. */
export const instant = z.iso.datetime();

/**
 * As clients tell it, in any zone, of years that every store knows: Postgres has no year 0, and with another zone the last
 * hours of 9999 are of the year after.
 */
export const moment = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2026-11-20T09:00:00Z' })
  .transform((text) => new Date(text))
  .refine((time) => time.getUTCFullYear() >= 2000 && time.getUTCFullYear() < 2200, {
    error: 'must lie between the years 2000 and 2199',
  });
