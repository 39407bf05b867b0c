import { setTimeout as delay } from 'node:timers/promises';
import { Clock, Rounds } from '@app/kernel';
import { JobRuns, Log } from '@app/telemetry';
import type { WebhooksConfig } from '@app/config';
import { type BeforeApplicationShutdown, Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DeliveryOutbox } from '../domain/delivery-outbox.js';
import { webhooksConfigToken } from '../webhooks.config.js';
import { WebhookCollection } from './webhook-collection.js';
import { WebhookDispatch } from './webhook-dispatch.js';

/** Milliseconds between two looks at the log. */
const intervalMs = 1_000;

/** What is being sent when the process ends may still arrive and be written down. */
const partingMs = 2_000;

const dayMs = 86_400_000;
const purgeEveryMs = 60 * 60_000;
const purgeBatch = 500;

/** Queues and delivers, every second. */
@Injectable()
export class WebhookRunner implements OnModuleInit, BeforeApplicationShutdown {
  private readonly rounds = new Rounds(() => this.runOnce(), intervalMs);
  private stopped = false;
  private wasWorking = true;
  private purgedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly collection: WebhookCollection,
    private readonly dispatch: WebhookDispatch,
    private readonly outbox: DeliveryOutbox,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly runs: JobRuns,
    @Inject(webhooksConfigToken) private readonly config: WebhooksConfig,
  ) {}

  onModuleInit(): void {
    this.rounds.start(0);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.dispatch.stop();
    const done = this.rounds.stop().then(() => this.dispatch.settled());
    await Promise.race([done, delay(partingMs, undefined, { ref: false })]);
    this.dispatch.abort();
  }

  private async runOnce(): Promise<void> {
    try {
      while (!this.stopped && (await this.collection.next())) await this.dispatch.begin();
      await this.dispatch.begin();
      await this.purge();
      this.report(null);
    } catch (error) {
      this.report(error as Error);
    }
  }

  private async purge(): Promise<void> {
    const now = this.clock.monotonicMs();
    if (now - this.purgedAt < purgeEveryMs) return;
    this.purgedAt = now;
    const at = this.clock.now();
    const before = new Date(at.getTime() - this.config.historyDays * dayMs);
    while (!this.stopped && (await this.outbox.giveUp(before, purgeBatch, at)) > 0);
    while (!this.stopped && (await this.outbox.purge(before, purgeBatch)) === purgeBatch);
  }

  /** One line per change: without Postgres every round fails. */
  private report(error: Error | null): void {
    const isWorking = error === null;
    this.runs.note('webhooks', isWorking);
    if (isWorking === this.wasWorking) return;
    this.wasWorking = isWorking;
    if (isWorking) this.log.info('webhook.resumed');
    else this.log.warn('webhook.interrupted', { reason: error.message });
  }
}
