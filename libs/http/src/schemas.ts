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

export const instant = z.iso.datetime();
