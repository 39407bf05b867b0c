import { decodePageToken, moment, nextPageToken } from '@app/http';
import type { SessionId } from '@app/kernel';
import type { SessionPlace } from '@app/sessions';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';

const sessionKey = z.tuple([moment, z.string().regex(/^[0-9a-f]{64}$/)]);

/** Throws ValidationFailedError for what no list of sessions has given out. */
export function placeOf(token: string | undefined): SessionPlace | null {
  const key = decodePageToken(token, sessionKey);
  return key && { at: key[0], id: key[1] as SessionId };
}

export function nextSessionsToken(
  request: FastifyRequest,
  reply: FastifyReply,
  next: SessionPlace | null,
): string | null {
  return nextPageToken(request, reply, next && [next.at.toISOString(), next.id]);
}
