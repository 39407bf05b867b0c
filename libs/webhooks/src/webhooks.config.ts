/** Injection token of WebhooksConfig. */
export const webhooksConfigToken = Symbol('WebhooksConfig');
