import type { WebhooksConfig } from '@app/config';
import { Clock, UnitOfWork } from '@app/kernel';
import { JobRuns, Log, RetentionJob } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { DeliveryOutbox } from '../domain/delivery-outbox.js';
import { webhooksConfigToken } from '../webhooks.config.js';

const dayMs = 86_400_000;

/** Gives up what waits for endpoints that have long been disabled, and forgets deliveries that were over long ago. */
@Injectable()
export class WebhookRetention extends RetentionJob {
  constructor(
    private readonly outbox: DeliveryOutbox,
    private readonly clock: Clock,
    work: UnitOfWork,
    log: Log,
    runs: JobRuns,
    @Inject(webhooksConfigToken) private readonly config: WebhooksConfig,
  ) {
    const lines = { interrupted: 'webhook.purge_interrupted', resumed: 'webhook.purge_resumed' };
    super({ name: 'webhooks_retention', lines }, work, log, runs);
  }

  protected override async round(): Promise<void> {
    const now = this.clock.now();
    const before = new Date(now.getTime() - this.config.historyDays * dayMs);
    await this.inTurns((limit) => this.outbox.giveUp(before, limit, now));
    await this.inTurns((limit) => this.outbox.purge(before, limit));
  }
}
