import type { Principal } from '@app/auth';
import type { Act } from '@app/event-log';
import { humanText } from '@app/http';
import type { UserId } from '@app/kernel';
import { UserNotFoundError } from '@app/users';
import { z } from 'zod';

/** Why an administrator does something; noted in the log, never shown to the owner of the account. */
export const reason = humanText({ min: 1, max: 200 }).optional();

/** Of a DELETE, whose body means nothing (RFC 9110 §9.3.5). */
export const reasonQuery = z.object({ reason });
export type ReasonQuery = z.infer<typeof reasonQuery>;

const reasonRequest = z
  .strictObject({ reason })
  .meta({ id: 'ReasonRequest', example: { reason: 'ticket 4711' } });

export const reasonBody = z.preprocess((body) => body ?? {}, reasonRequest);
export type ReasonBody = z.infer<typeof reasonBody>;

export function actOf({ user }: Principal, note: string | undefined): Act {
  return { by: user.id, note: note ?? null };
}

/** Throws UserNotFoundError for what cannot be an id; spares the store a question with a known answer. */
export function userIdOf(text: string): UserId {
  if (!z.uuid().safeParse(text).success) throw new UserNotFoundError();
  return text as UserId;
}
