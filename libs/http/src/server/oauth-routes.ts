import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route speaks OAuth: forms in, errors of RFC 6749 §5.2 out. */
    readonly oauth?: true;
  }
}

/** False also where no route was found. */
export function isOAuth(request: FastifyRequest): boolean {
  return request.routeOptions.config.oauth === true;
}
