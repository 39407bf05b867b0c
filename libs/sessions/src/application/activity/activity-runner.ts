import type { SessionsConfig } from '@app/config';
import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { sessionsConfigToken } from '../../sessions.config.js';
import { SessionActivity } from './session-activity.js';

/** Flushes the gathered uses every SESSION_ACTIVITY_FLUSH seconds, and once more after the last request. */
@Injectable()
export class ActivityRunner implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly activity: SessionActivity,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.activity.flush(), this.config.activityFlushSeconds * 1_000);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.activity.flush();
    // A flush that was under way when this one was asked for has not seen the last uses.
    await this.activity.flush();
  }
}
