import { LogSource } from '@app/event-log';
import { patiently } from '@app/kernel';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { InstanceRegistry } from '../../domain/coherence/instance-registry.js';
import { feedTiming } from './feed-timing.js';
import { RevocationBroadcast } from './revocation-broadcast.js';
import { RevocationFeed } from './revocation-feed.js';

/** Runs the feed's rounds: every 250 ms, and at once when something is probably new. */
@Injectable()
export class FeedRunner implements OnModuleInit, OnApplicationShutdown {
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<void> | null = null;
  private hinted = false;
  private stopped = false;

  constructor(
    private readonly feed: RevocationFeed,
    private readonly broadcast: RevocationBroadcast,
    private readonly source: LogSource,
    private readonly registry: InstanceRegistry,
  ) {}

  /** An instance answers requests only after its first round. */
  async onModuleInit(): Promise<void> {
    await patiently(() => this.feed.begin());
    this.source.onHint(() => this.wake());
    while (await this.feed.round());
    this.schedule(feedTiming.interval);
  }

  /** After the last request has been answered nobody needs to wait for this instance. */
  async onApplicationShutdown(): Promise<void> {
    this.stopped = true;
    if (this.timer) clearTimeout(this.timer);
    await this.running;
    // Without Postgres the row stays; others find it silent and, after an hour, remove it.
    await this.feed.end().catch(() => undefined);
    await Promise.all([this.source.close(), this.registry.close()]);
  }

  private wake(): void {
    this.hinted = true;
    if (!this.running && this.timer) {
      clearTimeout(this.timer);
      this.schedule(0);
    }
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.runOnce();
    }, delayMs);
  }

  private async runOnce(): Promise<void> {
    this.hinted = false;
    const again = await this.feed.round();
    await this.broadcast.catchUp();
    this.running = null;
    this.schedule(again || this.hinted ? 0 : feedTiming.interval);
  }
}
