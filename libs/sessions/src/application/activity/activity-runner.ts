import type { SessionsConfig } from '@app/config';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { sessionsConfigToken } from '../../sessions.config.js';
import { SessionActivity } from './session-activity.js';

/** Flushes the gathered uses every SESSION_ACTIVITY_FLUSH seconds, and once more when the process ends. */
@Injectable()
export class ActivityRunner implements OnModuleInit, BeforeApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly activity: SessionActivity,
    @Inject(sessionsConfigToken) private readonly config: SessionsConfig,
  ) {}

  onModuleInit(): void {
    this.timer = setInterval(() => void this.activity.flush(), this.config.activityFlushSeconds * 1_000);
    this.timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.timer) clearInterval(this.timer);
    await this.activity.flush();
    // A flush that was under way when this one was asked for has not seen the last uses.
    await this.activity.flush();
  }
}
