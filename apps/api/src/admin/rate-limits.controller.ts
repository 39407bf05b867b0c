import { LimitControl, type LimitStanding, type Principal } from '@app/auth';
import type { BucketLimit, RateLimitConfig, WindowLimit } from '@app/config';
import { AdminOnly, adminProblems, bodyProblems, CurrentPrincipal, Fresh, Returns } from '@app/http';
import { rateLimitConfigToken } from '@app/rate-limit';
import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { actOf } from './act.js';
import {
  policyNames,
  type RateLimitReset,
  rateLimitReset,
  rateLimitsExample,
  type RateLimitsQuery,
  rateLimitsQuery,
  rateLimitsView,
  resetView,
} from './rate-limits.schemas.js';

const counts = {
  global: 'address',
  auth: 'address',
  challenge: 'address',
  user: 'user',
  client: 'client credential',
  account: 'failed sign-ins of an account from a network',
} as const;

@ApiTags('Administration')
@Controller('api/v1/admin/rate-limits')
@AdminOnly()
export class RateLimitsController {
  constructor(
    private readonly limits: LimitControl,
    @Inject(rateLimitConfigToken) private readonly config: RateLimitConfig,
  ) {}

  @Get()
  @Returns({
    summary: 'Show the limits, and how somebody stands to one',
    description:
      '`standing` is told for `policy` and `subject`: an address (`global`, `auth`, `challenge`; of IPv6 its /64 and /48), ' +
      'the id of a user (`user`), or an e-mail address or username (`account`: failures of all strangers together). ' +
      'Asking counts for nothing. While Redis is away it is what the instance that answers has counted.',
    data: rateLimitsView,
    example: rateLimitsExample,
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  async listLimits(@Query({ schema: rateLimitsQuery }) { policy, subject }: RateLimitsQuery) {
    const isAsked = policy !== undefined && subject !== undefined;
    return {
      enabled: this.limits.isEnabled,
      policies: policyNames.map((name) => presentPolicy(name, this.config[name])),
      standing: isAsked ? (await this.limits.standing({ policy, subject })).map(presentStanding) : null,
    };
  }

  @Post('reset')
  @Fresh()
  @Returns({
    summary: 'Forget what is counted about somebody',
    description:
      'Everywhere where Redis counts; another instance may go on refusing for a minute what it has refused before. ' +
      '`reaches: this_instance`: Redis is away or not configured, each instance counts by itself, and only the one that ' +
      'answers has forgotten. `account` is forgotten everywhere, always.',
    data: resetView,
    example: { policy: 'auth', reaches: 'all_instances' },
    problems: [...adminProblems, ...bodyProblems, 'STEP_UP_REQUIRED', 'CSRF_REJECTED'],
  })
  async resetLimit(
    @Body({ schema: rateLimitReset }) { policy, subject, reason }: RateLimitReset,
    @CurrentPrincipal() principal: Principal,
  ) {
    const isEverywhere = await this.limits.reset({ policy, subject }, actOf(principal, reason));
    return { policy, reaches: isEverywhere ? ('all_instances' as const) : ('this_instance' as const) };
  }
}

function presentPolicy(name: (typeof policyNames)[number], setting: WindowLimit | BucketLimit) {
  const isBucket = 'burst' in setting;
  return {
    name,
    counts: counts[name],
    setting: `RATE_LIMIT_${name.toUpperCase()}`,
    limit: isBucket ? setting.burst : setting.limit,
    rate: isBucket ? setting.rate : null,
    seconds: setting.seconds,
  };
}

function presentStanding({ counted, limit, used, remaining, resetMs }: LimitStanding) {
  return { counted, limit, used, remaining, reset_seconds: Math.ceil(resetMs / 1_000) };
}
