import { isIP } from 'node:net';
import type { ClientFacts, Device } from '@app/sessions';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import bowser from 'bowser';
import type { FastifyRequest } from 'fastify';

const maxUserAgentLength = 512;
const kinds: Record<string, Device['kind']> = {
  desktop: 'desktop',
  mobile: 'mobile',
  tablet: 'tablet',
  tv: 'tv',
  bot: 'bot',
};

/** What the edge can tell about the client: address by trusted hops only, user agent cut and cleaned. */
export function clientFacts(request: FastifyRequest): ClientFacts {
  const userAgent = cleaned(request.headers['user-agent']);
  return { ipAddress: clientAddress(request), userAgent, device: deviceOf(userAgent) };
}

export const Client = createParamDecorator((_: unknown, context: ExecutionContext): ClientFacts =>
  clientFacts(context.switchToHttp().getRequest<FastifyRequest>()),
);

function cleaned(header: string | undefined): string | null {
  // eslint-disable-next-line no-control-regex -- control characters are what is being removed
  return header?.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, maxUserAgentLength) || null;
}

/** What a proxy hands on may be no address at all (`unknown`, `_hidden`); then the peer's own counts. */
export function clientAddress(request: FastifyRequest): string {
  const forwarded = plainAddress(request.ip);
  return isIP(forwarded) ? forwarded : plainAddress(request.socket.remoteAddress ?? 'unknown');
}

/** `::ffff:192.0.2.1` is the IPv4 address that a dual-stack socket reports. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

/** Programs that no browser list knows are named by their first product token (`curl/8.5`). */
function deviceOf(userAgent: string | null): Device {
  if (!userAgent) return { browser: null, os: null, kind: 'other' };
  const { browser, os, platform } = bowser.parse(userAgent);
  const product = /^[\w.-]+/.exec(userAgent)?.[0] ?? null;
  return {
    browser: browser.name || product,
    os: os.name || null,
    kind: kinds[platform.type ?? ''] ?? 'other',
  };
}
