import { timingSafeEqual } from 'node:crypto';
import { BareReply, Public, RouteNotFoundError } from '@app/http';
import { Metrics } from '@app/telemetry';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const metricsTokenToken = Symbol('METRICS_TOKEN');

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Prometheus text for whoever holds METRICS_TOKEN, or without one for this machine; nobody else learns it exists. */
@ApiExcludeController()
@Controller('metrics')
// Probes come often, and from where the traffic comes.
@SkipThrottle({ global: true })
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(metricsTokenToken) private readonly token: string | null,
  ) {}

  @Get()
  @BareReply()
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    if (!this.mayRead(request)) throw new RouteNotFoundError();
    const { contentType, text } = await this.metrics.render();
    void reply.header('content-type', contentType);
    return text;
  }

  /** The socket's own address: a forwarded one can be claimed. A proxy on this machine forwards for others. */
  private mayRead(request: FastifyRequest): boolean {
    if (this.token !== null) return isSame(request.headers.authorization, `Bearer ${this.token}`);
    const isForwarded =
      request.headers['x-forwarded-for'] !== undefined || request.headers.forwarded !== undefined;
    return !isForwarded && loopback.has(request.socket.remoteAddress ?? '');
  }
}

function isSame(given: string | undefined, expected: string): boolean {
  const left = Buffer.from(given ?? '');
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
