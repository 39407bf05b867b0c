import type { SessionsConfig } from '@app/config';
import { Rounds } from '@app/kernel';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { sessionsConfigToken } from '../../sessions.config.js';
import { SessionActivity } from './session-activity.js';

/** Flushes the gathered uses every SESSION_ACTIVITY_FLUSH seconds, and once more after the last request. */
@Injectable()
export class ActivityRunner implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds: Rounds;

  constructor(
    private readonly activity: SessionActivity,
    @Inject(sessionsConfigToken) config: SessionsConfig,
  ) {
    this.rounds = new Rounds(() => this.activity.flush(), config.activityFlushSeconds * 1_000);
  }

  onModuleInit(): void {
    this.rounds.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
    await this.activity.flush();
    // A flush that was under way when this one was asked for has not seen the last uses.
    await this.activity.flush();
  }
}
