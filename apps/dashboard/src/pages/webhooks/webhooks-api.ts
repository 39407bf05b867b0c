import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, dataOf, type Schema } from '../../api/client';
import type { Filters } from '../../components/url-filters';

export type Webhook = Schema['Webhook'];
export type Delivery = Schema['WebhookDelivery'];

export interface WebhookSettings {
  readonly url: string;
  readonly label: string;
  readonly events: string[];
}

/** While somebody looks, so that a delivery under way shows how it went. */
const lookAgainMs = 5_000;

export const webhooksQuery = queryOptions({
  queryKey: ['admin-webhooks'],
  queryFn: () => dataOf(api.GET('/api/v1/admin/webhooks')),
});

export const webhookQuery = (id: string) =>
  queryOptions({
    queryKey: ['admin-webhooks', id],
    queryFn: () => dataOf(api.GET('/api/v1/admin/webhooks/{id}', { params: { path: { id } } })),
    refetchInterval: lookAgainMs,
  });

export const deliveriesQuery = (id: string, filters: Filters, token: string | null) =>
  queryOptions({
    queryKey: ['admin-webhooks', id, 'deliveries', filters, token],
    queryFn: () => {
      const query = { ...filters, page_size: 50, page_token: token ?? undefined };
      return dataOf(api.GET('/api/v1/admin/webhooks/{id}/deliveries', { params: { path: { id }, query } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: lookAgainMs,
  });

export function createWebhook(settings: WebhookSettings) {
  return dataOf(api.POST('/api/v1/admin/webhooks', { body: { ...settings } }));
}

/** What may be done to a webhook as a whole. */
export type WebhookAct = 'enable' | 'disable' | 'rotate' | 'ping' | 'replay' | 'delete';

/** Resolves with a secret where a new one was made: it is shown once. */
export async function act(id: string, what: WebhookAct, reason: string | undefined): Promise<string | null> {
  const params = { path: { id } };
  const body = { reason };
  switch (what) {
    case 'enable':
      await api.POST('/api/v1/admin/webhooks/{id}/enable', { params, body });
      return null;
    case 'disable':
      await api.POST('/api/v1/admin/webhooks/{id}/disable', { params, body });
      return null;
    case 'rotate':
      return (await dataOf(api.POST('/api/v1/admin/webhooks/{id}/rotate-secret', { params, body }))).secret;
    case 'ping':
      await api.POST('/api/v1/admin/webhooks/{id}/ping', { params, body });
      return null;
    case 'replay':
      await api.POST('/api/v1/admin/webhooks/{id}/replay', { params, body: { what: 'dead', reason } });
      return null;
    case 'delete':
      await api.DELETE('/api/v1/admin/webhooks/{id}', { params: { path: { id }, query: { reason } } });
      return null;
  }
}

export function replayDelivery(id: string, delivery: string) {
  const params = { path: { id, delivery } };
  return dataOf(api.POST('/api/v1/admin/webhooks/{id}/deliveries/{delivery}/replay', { params, body: {} }));
}
