import { Clock } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Milliseconds. */
const windowMs = 5 * 60_000;
const silenceMs = 60 * 60_000;

/** Below this many requests in a window a share says nothing. */
const leastRequests = 500;
const suspiciousShare = 0.8;
const maxAddresses = 2_000;

const forwardingHeaders = ['x-forwarded-for', 'forwarded', 'x-real-ip'];

export interface AddressReport {
  /** Requests in the present window, and the largest part of them from one address. */
  readonly requests: number;
  readonly largestShare: number;
  /** Requests that named a client in a header which TRUST_PROXY gives no right to. */
  readonly untrusted: number;
}

/**
 * Notices that limits see proxies instead of clients: most requests come from one address, or a proxy names clients
 * and is not trusted. One warning of each kind an hour, since a client can provoke the second on purpose.
 */
@Injectable()
export class AddressWatch {
  private startedAt: number;
  private requests = 0;
  private untrusted = 0;
  private largest = 0;
  private readonly counts = new Map<string, number>();
  private readonly warnedAt = new Map<string, number>();

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {
    this.startedAt = clock.monotonicMs();
  }

  get report(): AddressReport {
    const largestShare = this.requests === 0 ? 0 : this.largest / this.requests;
    return { requests: this.requests, largestShare, untrusted: this.untrusted };
  }

  note(request: FastifyRequest, address: string): void {
    const now = this.clock.monotonicMs();
    if (now - this.startedAt >= windowMs) this.startOver(now);
    this.requests += 1;
    this.count(address);
    if (this.requests >= leastRequests && this.largest / this.requests >= suspiciousShare) {
      this.warn('proxy.one_address', now, { share: Math.round(this.report.largestShare * 100) / 100 });
    }
    if (isForwardedInVain(request)) {
      this.untrusted += 1;
      this.warn('proxy.untrusted_header', now, { peer: request.socket.remoteAddress });
    }
  }

  private count(address: string): void {
    const count = (this.counts.get(address) ?? 0) + 1;
    if (count > 1 || this.counts.size < maxAddresses) this.counts.set(address, count);
    this.largest = Math.max(this.largest, count);
  }

  private startOver(now: number): void {
    this.startedAt = now;
    this.requests = 0;
    this.untrusted = 0;
    this.largest = 0;
    this.counts.clear();
  }

  private warn(event: string, now: number, facts: Record<string, unknown>): void {
    if (now - (this.warnedAt.get(event) ?? Number.NEGATIVE_INFINITY) < silenceMs) return;
    this.warnedAt.set(event, now);
    this.log.warn(event, { ...facts, hint: 'TRUST_PROXY tells which proxies stand in front' });
  }
}

/** The peer has named somebody, and counts itself all the same. */
function isForwardedInVain(request: FastifyRequest): boolean {
  const isNamed = forwardingHeaders.some((name) => request.headers[name] !== undefined);
  return isNamed && request.ip === request.socket.remoteAddress;
}
