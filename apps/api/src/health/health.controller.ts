import { Readiness } from '@app/health';
import { Public } from '@app/http';
import { Controller, Get, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { SkipThrottle } from '@nestjs/throttler';
import type { FastifyReply } from 'fastify';

const checksExample = {
  postgres: { status: 'up', latency_ms: 0.71, pool: { total: 4, idle: 4, waiting: 0 } },
  redis: { status: 'up', enabled: true, latency_ms: 0.38, connection: 'ready' },
};

const reportSchema = {
  type: 'object',
  required: ['status'],
  properties: {
    status: { type: 'string', enum: ['ok', 'degraded', 'error', 'shutting_down'] },
    checks: { type: 'object', additionalProperties: { type: 'object' } },
  },
} as const;

@ApiTags('Probes')
@Controller()
// Probes come often, and from where the traffic comes.
@SkipThrottle({ global: true })
@Public()
export class HealthController {
  constructor(private readonly readiness: Readiness) {}

  @Get('health')
  @ApiOperation({
    summary: 'Is the process alive?',
    description: 'Asks no store; restart the process if this fails.',
  })
  @ApiResponse({
    status: 200,
    description: 'Alive',
    schema: reportSchema as never,
    example: { status: 'ok' },
  })
  getHealth() {
    return { status: 'ok' };
  }

  @Get('ready')
  @ApiOperation({
    summary: 'Should this instance get traffic?',
    description: '`degraded` serves everything; 503 means that it cannot, or that it is shutting down.',
  })
  @ApiResponse({
    status: 200,
    description: 'Ready, possibly degraded',
    schema: reportSchema as never,
    example: { status: 'ok', checks: checksExample },
  })
  @ApiResponse({
    status: 503,
    description: 'Not ready',
    schema: reportSchema as never,
    example: { status: 'shutting_down', checks: {} },
  })
  async getReadiness(@Res({ passthrough: true }) reply: FastifyReply) {
    const report = await this.readiness.report();
    if (report.status === 'error' || report.status === 'shutting_down') void reply.status(503);
    return report;
  }
}
