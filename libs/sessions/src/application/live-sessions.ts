import { Clock } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { SessionStatistics } from '../domain/session-statistics.js';

/** Shows how many sessions live, as Postgres counts them: every instance shows the same figure, half a minute old at most. */
@Injectable()
export class LiveSessions {
  constructor(statistics: SessionStatistics, clock: Clock, metrics: Metrics) {
    metrics.samples({
      name: 'rollcall_sessions_active',
      help: 'Sessions that could be used now, shares included, on all instances',
      everyMs: 30_000,
      read: async () => new Map([['', (await statistics.countLive(clock.now())).sessions]]),
    });
  }
}
