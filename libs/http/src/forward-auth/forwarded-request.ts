import type { FastifyRequest } from 'fastify';

/** The request that a reverse proxy asks about. */
export interface ForwardedRequest {
  /** Null if the proxy did not say. Nobody needs to be trusted for it: no page of a browser can set it. */
  readonly method: string | null;
  /** What the browser shows; null if the proxy did not say, or is not one that TRUST_PROXY names. */
  readonly url: URL | null;
}

const maxUrlLength = 2_048;

/** By the headers of Traefik and Caddy, or those that the configurations for nginx and Envoy set. */
export function forwardedRequest(request: FastifyRequest): ForwardedRequest {
  const method = headerOf(request, 'x-forwarded-method') ?? headerOf(request, 'x-original-method');
  return { method: method?.toUpperCase() ?? null, url: isFromTrustedProxy(request) ? urlOf(request) : null };
}

function urlOf(request: FastifyRequest): URL | null {
  const uri = headerOf(request, 'x-forwarded-uri') ?? headerOf(request, 'x-original-uri');
  const origin = `${request.protocol}://${request.host}`;
  if (!uri?.startsWith('/') || uri.length > maxUrlLength || !URL.canParse(uri, origin)) return null;
  const url = new URL(uri, origin);
  // `//evil.example/` and `/\evil.example/` are addresses of another host.
  return URL.canParse(origin) && url.origin === new URL(origin).origin ? url : null;
}

/** The first address is the peer's; there are more only if the peer may name them. */
function isFromTrustedProxy({ ips }: FastifyRequest): boolean {
  return (ips?.length ?? 0) > 1;
}

function headerOf({ headers }: FastifyRequest, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}
