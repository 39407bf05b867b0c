import { lagSeconds, LogReaders } from '@app/event-log';
import { AdminOnly, adminProblems, Returns } from '@app/http';
import { Clock } from '@app/kernel';
import { Database } from '@app/postgres';
import { RedisConnection } from '@app/redis';
import { AuthorityState, InstanceOverview } from '@app/sessions';
import { JobRuns } from '@app/telemetry';
import { Controller, Get, Inject } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { settingsExample, settingsView, systemExample, systemView } from './system.schemas.js';

/** Injection token of the configuration without its secrets. */
export const settingsToken = Symbol('Settings');

@ApiTags('Administration')
@Controller('api/v1/admin')
@AdminOnly()
export class SystemController {
  constructor(
    private readonly readers: LogReaders,
    private readonly instances: InstanceOverview,
    private readonly authority: AuthorityState,
    private readonly redis: RedisConnection,
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly jobs: JobRuns,
    @Inject(settingsToken) private readonly settings: Record<string, unknown>,
  ) {}

  @Get('system')
  @Returns({
    summary: 'Show how the installation works',
    description:
      'Readers of the event log: what follows a change some time later, and how far behind each is. Instances as the ' +
      'database knows them; `silent_ms` is for how long the one that answers has not seen it publish, and one is ' +
      'removed an hour after its end. Feed, stores, connections and last runs of jobs are those of the instance that ' +
      'answers; where a worker does the jobs there are none.',
    data: systemView,
    example: systemExample,
    problems: adminProblems,
  })
  async show() {
    const [readers, instances] = await Promise.all([this.readers.status(), this.instances.list()]);
    const now = this.clock.now();
    return {
      readers: readers.map((each) => ({
        name: each.name,
        oldest_unread_at: each.oldestUnread?.toISOString() ?? null,
        lag_seconds: lagSeconds(each, now),
      })),
      instances: instances.map((each) => ({
        id: each.id,
        name: each.name,
        started_at: each.startedAt.toISOString(),
        is_this_one: each.isThisOne,
        is_fenced: each.isFenced,
        silent_ms: Math.round(each.silentMs),
        transactions_behind: each.transactionsBehind,
      })),
      jobs: this.jobs.last.map(({ name, at, hasSucceeded }) => ({
        name,
        last_run_at: at.toISOString(),
        has_succeeded: hasSucceeded,
      })),
      feed: { age_ms: Math.round(this.authority.feedAgeMs), mode: this.authority.mode },
      redis: {
        configured: this.redis.isConfigured,
        available: this.redis.isAvailable,
        breaker: this.redis.breakerState,
      },
      postgres: { pool: this.database.poolState(), breaker: this.database.breakerState },
    };
  }

  @Get('settings')
  @Returns({
    summary: 'Show the settings of the instance that answers',
    description: 'As they were understood at its start; of secrets only whether they are set.',
    data: settingsView,
    example: settingsExample,
    problems: adminProblems,
  })
  listSettings() {
    return { settings: this.settings };
  }
}
