import type { Propagation } from '@app/sessions';
import type { FastifyReply } from 'fastify';

/** 200 when a revocation is proven everywhere, 202 while it is not; the call may be repeated until it is. */
export function answerPropagation(reply: FastifyReply, of: { readonly propagation: Propagation }): void {
  void reply.status(of.propagation === 'complete' ? 200 : 202);
}
