import { isIP } from 'node:net';
import type { ClientFacts, Device } from '@app/sessions';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import bowser from 'bowser';
import type { FastifyRequest } from 'fastify';
import { requestOf } from './http-context.js';

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
  return { ipAddress: clientAddress(request), ...agentOf(request.headers) };
}

export const Client = createParamDecorator((_: unknown, context: ExecutionContext): ClientFacts =>
  clientFacts(requestOf(context)),
);

function cleaned(header: string | undefined): string | null {
  // eslint-disable-next-line no-control-regex -- control characters are what is being removed
  return header?.replace(/[\u0000-\u001f\u007f-\u009f]/g, '').slice(0, maxUserAgentLength) || null;
}

interface AddressedRequest extends FastifyRequest {
  clientAddress?: string;
}

export function clientAddress(request: AddressedRequest): string {
  return (request.clientAddress ??= addressOf(request));
}

/** What a proxy hands on may be no address at all (`unknown`, `_hidden`); then the peer's own counts. */
function addressOf(request: FastifyRequest): string {
  const forwarded = plainAddress(request.ip);
  return isIP(forwarded) ? forwarded : plainAddress(request.socket.remoteAddress ?? 'unknown');
}

/** `::ffff:192.0.2.1` is the IPv4 address that a dual-stack socket reports. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address;
}

type Agent = Pick<ClientFacts, 'userAgent' | 'device'>;

/** Parsing takes some 30 µs, and the same few thousand agents come again and again. */
const maxRemembered = 2_000;
const maxRememberedLength = 1_024;
const remembered = new Map<string, Agent>();

type Hints = FastifyRequest['headers'];

function agentOf(headers: Hints): Agent {
  const { 'user-agent': text = '', 'sec-ch-ua-platform': platform, 'sec-ch-ua-mobile': mobile } = headers;
  const hasHints = platform !== undefined || mobile !== undefined;
  const key = hasHints ? [text, platform, mobile].join('\n') : text;
  const known = remembered.get(key);
  if (known) return known;
  const userAgent = cleaned(headers['user-agent']);
  const agent = { userAgent, device: deviceOf(userAgent, headers) };
  if (key.length > maxRememberedLength) return agent;
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(key, agent);
  return agent;
}

/** By the agent's text and, where a browser sends them, its client hints, which are coarser and harder to misread. */
function deviceOf(userAgent: string | null, headers: Hints): Device {
  const platform = unquoted(headers['sec-ch-ua-platform']);
  const isMobile = headers['sec-ch-ua-mobile'] === '?1';
  const plain = deviceByAgent(userAgent);
  const kind = isMobile && plain.kind !== 'tablet' ? 'mobile' : plain.kind;
  return { ...plain, os: platform ?? plain.os, kind };
}

/** A structured-field string (RFC 9651 §3.3.3) of a plain name. */
function unquoted(header: string | string[] | undefined): string | null {
  return typeof header === 'string' ? (/^"([\w .-]{1,40})"$/.exec(header)?.[1] ?? null) : null;
}

/** Programs that no browser list knows are named by their first product token (`curl/8.5`). */
function deviceByAgent(userAgent: string | null): Device {
  if (!userAgent) return { browser: null, os: null, kind: 'other' };
  const { browser, os, platform } = bowser.parse(userAgent);
  const product = /^[\w.-]+/.exec(userAgent)?.[0] ?? null;
  return {
    browser: browser.name || product,
    os: os.name || null,
    kind: kinds[platform.type ?? ''] ?? 'other',
  };
}
