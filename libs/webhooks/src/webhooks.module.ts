import type { WebhooksConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module } from '@nestjs/common';
import { DeliveryAttempt } from './application/delivery-attempt.js';
import { DeliveryHistory } from './application/delivery-history.js';
import { WebhookAdministration } from './application/webhook-administration.js';
import { WebhookCollection } from './application/webhook-collection.js';
import { WebhookDispatch } from './application/webhook-dispatch.js';
import { WebhookReplays } from './application/webhook-replays.js';
import { WebhookRetention } from './application/webhook-retention.js';
import { WebhookRunner } from './application/webhook-runner.js';
import { WebhookSecrets } from './application/webhook-secrets.js';
import { DeliveryLog } from './domain/delivery-log.js';
import { DeliveryOutbox } from './domain/delivery-outbox.js';
import { EndpointStore } from './domain/endpoint-store.js';
import { PastEvents } from './domain/past-events.js';
import { WebhookSender } from './domain/webhook-sender.js';
import { HttpWebhookSender } from './infrastructure/http/http-webhook-sender.js';
import { DnsNameResolver, NameResolver } from './infrastructure/http/name-resolver.js';
import { PostgresDeliveryLog } from './infrastructure/postgres/postgres-delivery-log.js';
import { PostgresDeliveryOutbox } from './infrastructure/postgres/postgres-delivery-outbox.js';
import { PostgresEndpointStore } from './infrastructure/postgres/postgres-endpoint-store.js';
import { PostgresPastEvents } from './infrastructure/postgres/postgres-past-events.js';
import { webhooksConfigToken } from './webhooks.config.js';

const adapters = [
  { provide: EndpointStore, useClass: PostgresEndpointStore },
  { provide: DeliveryOutbox, useClass: PostgresDeliveryOutbox },
  { provide: NameResolver, useClass: DnsNameResolver },
  { provide: WebhookSender, useClass: HttpWebhookSender },
  WebhookSecrets,
  WebhookCollection,
];
const deliveries = [DeliveryAttempt, WebhookDispatch, WebhookRunner, WebhookRetention];
const administration = [WebhookAdministration, DeliveryHistory, WebhookReplays];

@Module({})
export class WebhooksModule {
  /** `delivers`: false where a worker does it; administration is here all the same. */
  static forRoot({ webhooks, delivers }: { webhooks: WebhooksConfig; delivers: boolean }): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [EventLogModule],
      providers: [
        { provide: webhooksConfigToken, useValue: webhooks },
        ...adapters,
        { provide: DeliveryLog, useClass: PostgresDeliveryLog },
        { provide: PastEvents, useClass: PostgresPastEvents },
        ...administration,
        ...(delivers ? deliveries : []),
      ],
      exports: administration,
    };
  }

  /** For a process that delivers and has no routes. */
  static forJobs(webhooks: WebhooksConfig): DynamicModule {
    return {
      module: WebhooksModule,
      imports: [EventLogModule],
      providers: [{ provide: webhooksConfigToken, useValue: webhooks }, ...adapters, ...deliveries],
    };
  }
}
