import type { HttpConfig } from '@app/config';
import { Public, RouteNotFoundError } from '@app/http';
import { mayReadMetrics, Metrics } from '@app/telemetry';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';

/** Injection token of METRICS_PORT and METRICS_TOKEN. */
export const metricsConfigToken = Symbol('MetricsConfig');

/**
 * Prometheus text for whoever holds METRICS_TOKEN, or without one for this machine; nobody else learns it exists. With
 * METRICS_PORT it is there instead.
 */
@ApiExcludeController()
@Controller('metrics')
// Scrapers come as often as probes (health.controller.ts).
@SkipThrottle({ global: true })
@Public()
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    @Inject(metricsConfigToken) private readonly config: Pick<HttpConfig, 'metricsPort' | 'metricsToken'>,
  ) {}

  @Get()
  async show(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply) {
    const { remoteAddress } = request.socket;
    const { metricsPort, metricsToken } = this.config;
    const reader = { headers: request.headers, remoteAddress };
    if (metricsPort !== null || !mayReadMetrics(reader, metricsToken)) throw new RouteNotFoundError();
    const { contentType, text } = await this.metrics.render();
    void reply.header('content-type', contentType);
    return text;
  }
}
