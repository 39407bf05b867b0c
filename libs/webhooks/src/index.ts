export { WebhookAdministration } from './application/webhook-administration.js';
export { DeliveryHistory } from './application/delivery-history.js';
export { WebhookReplays } from './application/webhook-replays.js';
export { type Delivery, deliveryStates } from './domain/delivery.js';
export { countedUpTo } from './domain/delivery-log.js';
export type { WebhookEndpoint } from './domain/endpoint.js';
export { isFilter } from './application/event-filter.js';
export { DeliveryNotFoundError, EndpointNotFoundError } from './domain/webhooks.errors.js';
export { WebhooksModule } from './webhooks.module.js';
