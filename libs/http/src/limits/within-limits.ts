import type { FastifyRequest } from 'fastify';

/** A request whose limits are being asked for at this moment. */
export interface LimitedRequest extends FastifyRequest {
  limits?: Promise<unknown>;
}

/**
 * Waits for the limits of a request and for work that was begun in the same tick: both ask Redis, in one round
 * trip. A refusal by the limits comes first, whatever became of the work.
 */
export function withinLimits<T>({ limits }: LimitedRequest, work: Promise<T>): Promise<T> {
  if (!limits) return work;
  work.catch(() => undefined); // Nobody waits for it after a refusal.
  return limits.then(() => work);
}
