import type { ArgumentsHost } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** What Nest handles. `switchToHttp` makes three functions each time it is called, for every guard of a request. */
export function requestOf(host: ArgumentsHost): FastifyRequest {
  return host.getArgByIndex<FastifyRequest>(0);
}

export function replyOf(host: ArgumentsHost): FastifyReply {
  return host.getArgByIndex<FastifyReply>(1);
}
