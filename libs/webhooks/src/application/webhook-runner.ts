import { BackgroundJob, JobRuns, Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { WebhookCollection } from './webhook-collection.js';
import { WebhookDispatch } from './webhook-dispatch.js';

/** Queues and delivers, every second. */
@Injectable()
export class WebhookRunner extends BackgroundJob {
  constructor(
    private readonly collection: WebhookCollection,
    private readonly dispatch: WebhookDispatch,
    log: Log,
    runs: JobRuns,
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
  }

  protected override async settle(): Promise<void> {
    this.dispatch.stop();
    await super.settle();
    await this.dispatch.settled();
  }
}
