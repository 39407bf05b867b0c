import { ActiveNow, AnalyticsReports } from '@app/analytics';
import { AdminOnly, adminProblems, Returns } from '@app/http';
import { Clock } from '@app/kernel';
import { AuthorityState, InstanceOverview } from '@app/sessions';
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { presentRecent, presentReport } from './analytics.presenter.js';
import {
  analyticsExample,
  type AnalyticsQuery,
  analyticsQuery,
  analyticsView,
  statsExample,
  statsView,
} from './analytics.schemas.js';

const dayMs = 86_400_000;

@ApiTags('Administration')
@Controller('api/v1/admin')
@AdminOnly()
export class AnalyticsController {
  constructor(
    private readonly reports: AnalyticsReports,
    private readonly active: ActiveNow,
    private readonly instances: InstanceOverview,
    private readonly authority: AuthorityState,
    private readonly clock: Clock,
  ) {}

  @Get('analytics')
  @Returns({
    summary: 'Show what was counted, over time',
    description:
      'A value for each bucket, zero where nothing happened, at most 2,000 buckets at once. Counts follow the event log by ' +
      'about a second; `lag_seconds` tells by how much now. `session_length` (seconds) has a mean, and quantiles that are ' +
      'exact to the classes that lengths are counted in; `active_sessions` is how many were live when the bucket ended; ' +
      '`cache_hit_rate` is the part of answers that needed no Postgres. Of these three `total` is the value over the whole ' +
      'time, and null where there was nothing to measure. `sign_in_failures` are those of accounts that exist, ' +
      '`users_signed_in` counts each user once per bucket (so its total counts users of several buckets several times), and ' +
      '`limit_hits` is a sample: of each instance the first of each subject and minute, ten a minute at most.',
    data: analyticsView,
    example: analyticsExample,
    problems: [...adminProblems, 'VALIDATION_FAILED'],
  })
  async analyse(@Query({ schema: analyticsQuery }) { from, to, bucket, metrics }: AnalyticsQuery) {
    const end = to ?? this.clock.now();
    const time = { from: from ?? new Date(end.getTime() - dayMs), to: end };
    const [report, lagSeconds] = await Promise.all([
      this.reports.over(time, bucket, metrics),
      this.reports.lagSeconds(),
    ]);
    return presentReport(report, bucket, lagSeconds);
  }

  @Get('stats')
  @Returns({
    summary: 'Show how many are signed in, and what happened lately',
    description:
      'The last hour is the five minutes that are running and the eleven times five before, the last day in the same way. ' +
      '`active` is counted anew every two seconds at most, and less often where there are very many. ' +
      '`revocations.feed_age_ms` is how old the knowledge of the instance that answers is, `lag_ms` for how long it has not ' +
      'heard of the one that is furthest behind; fenced ones, which nobody waits for, are left out.',
    data: statsView,
    example: statsExample,
    problems: adminProblems,
  })
  async showStats() {
    const [active, recent, lagSeconds, instances] = await Promise.all([
      this.active.count(),
      this.reports.recent(),
      this.reports.lagSeconds(),
      this.instances.list(),
    ]);
    const awake = instances.filter(({ isFenced }) => !isFenced);
    return {
      at: this.clock.now().toISOString(),
      active: { sessions: active.sessions, users: active.users, counted_at: active.at.toISOString() },
      last_hour: presentRecent(recent.lastHour),
      last_24_hours: presentRecent(recent.lastDay),
      lag_seconds: lagSeconds,
      revocations: {
        feed_age_ms: Math.round(this.authority.feedAgeMs),
        lag_ms: awake.length > 0 ? Math.round(Math.max(...awake.map(({ silentMs }) => silentMs))) : null,
        instances: awake.length,
        mode: this.authority.mode,
      },
    };
  }
}
