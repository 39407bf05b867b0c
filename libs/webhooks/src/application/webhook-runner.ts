import type { WebhooksConfig } from '@app/config';
import { Clock } from '@app/kernel';
import { BackgroundJob, JobRuns, Log } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { DeliveryOutbox } from '../domain/delivery-outbox.js';
import { webhooksConfigToken } from '../webhooks.config.js';
import { WebhookCollection } from './webhook-collection.js';
import { WebhookDispatch } from './webhook-dispatch.js';

const dayMs = 86_400_000;
const purgeEveryMs = 60 * 60_000;
const purgeBatch = 500;

/** Queues and delivers, every second. */
@Injectable()
export class WebhookRunner extends BackgroundJob {
  private purgedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly collection: WebhookCollection,
    private readonly dispatch: WebhookDispatch,
    private readonly outbox: DeliveryOutbox,
    private readonly clock: Clock,
    log: Log,
    runs: JobRuns,
    @Inject(webhooksConfigToken) private readonly config: WebhooksConfig,
  ) {
    const lines = { interrupted: 'webhook.interrupted', resumed: 'webhook.resumed' };
    // What is being sent when the process ends may still arrive and be written down.
    super({ name: 'webhooks', lines, intervalMs: 1_000, firstDelayMs: 0, partingMs: 2_000 }, log, runs);
  }

  override async beforeApplicationShutdown(): Promise<void> {
    await super.beforeApplicationShutdown();
    this.dispatch.abort();
  }

  protected override async round(): Promise<void> {
    while (!this.isStopped() && (await this.collection.next())) await this.dispatch.begin();
    await this.dispatch.begin();
    await this.purge();
  }

  protected override async settle(): Promise<void> {
    this.dispatch.stop();
    await super.settle();
    await this.dispatch.settled();
  }

  private async purge(): Promise<void> {
    const now = this.clock.monotonicMs();
    if (now - this.purgedAt < purgeEveryMs) return;
    this.purgedAt = now;
    const at = this.clock.now();
    const before = new Date(at.getTime() - this.config.historyDays * dayMs);
    while (!this.isStopped() && (await this.outbox.giveUp(before, purgeBatch, at)) > 0);
    while (!this.isStopped() && (await this.outbox.purge(before, purgeBatch)) === purgeBatch);
  }
}
