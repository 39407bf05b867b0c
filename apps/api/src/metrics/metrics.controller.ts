import { Public, RouteNotFoundError } from '@app/http';
import { mayReadMetrics, Metrics } from '@app/telemetry';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

export const metricsTokenToken = Symbol('METRICS_TOKEN');

/** Prometheus text for whoever holds METRICS_TOKEN, or without one for this machine; nobody else learns it exists. */
@ApiExcludeController()
@Controller('metrics')
// Scrapers come as often as probes (health.controller.ts).
@SkipThrottle({ global: true })
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(metricsTokenToken) private readonly token: string | null,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { remoteAddress } = request.socket;
    if (!mayReadMetrics({ headers: request.headers, remoteAddress }, this.token))
      throw new RouteNotFoundError();
    const { contentType, text } = await this.metrics.render();
    void reply.header('content-type', contentType);
    return text;
  }
}
