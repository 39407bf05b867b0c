import { type Principal, StepUpRequiredError } from '@app/auth';
import type { TransportConfig } from '@app/config';
import { Clock } from '@app/kernel';
import { type CanActivate, type ExecutionContext, Inject, Injectable, SetMetadata } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { transportConfigToken } from '../transport/transport.config.js';
import { requestOf } from '../http-context.js';
import { RouteMark } from './route-mark.js';
import type { AuthenticatedRequest } from './session.guard.js';

const freshnessKey = 'rollcall:fresh';

/** When a request of a fresh route needs no freshness after all. */
type Exception = (request: FastifyRequest, principal: Principal) => boolean;

/**
 * The password must have been proven within FRESHNESS_SECONDS (ASVS v5.0.0-7.5.1), because a device left alone for a
 * while must not be enough for this.
 */
export const Fresh = (options: { readonly unless?: Exception } = {}) => SetMetadata(freshnessKey, options);

@Injectable()
export class FreshnessGuard implements CanActivate {
  private readonly freshness: RouteMark<{ unless?: Exception }>;

  constructor(
    reflector: Reflector,
    private readonly clock: Clock,
    @Inject(transportConfigToken) private readonly config: TransportConfig,
  ) {
    this.freshness = new RouteMark(reflector, freshnessKey);
  }

  canActivate(context: ExecutionContext): boolean {
    const rule = this.freshness.of(context);
    if (!rule) return true;
    const request: AuthenticatedRequest = requestOf(context);
    const { principal } = request;
    if (!principal) throw new Error('Fresh is used on a route without a session');
    const age = this.clock.now().getTime() - principal.session.authenticatedAt.getTime();
    const { freshnessSeconds } = this.config;
    if (age <= freshnessSeconds * 1_000 || rule.unless?.(request, principal)) return true;
    throw new StepUpRequiredError(freshnessSeconds);
  }
}
