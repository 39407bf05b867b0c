import { Injectable } from '@nestjs/common';
import type { Delivery } from '../domain/delivery.js';
import { type DeliveryCounts, type DeliveryFilter, DeliveryLog } from '../domain/delivery-log.js';
import { EndpointStore } from '../domain/endpoint-store.js';
import { DeliveryNotFoundError, EndpointNotFoundError } from '../domain/webhooks.errors.js';

/** What became of deliveries. */
@Injectable()
export class DeliveryHistory {
  constructor(
    private readonly endpoints: EndpointStore,
    private readonly deliveries: DeliveryLog,
  ) {}

  /** Newest first. Rejects with EndpointNotFoundError. */
  async list(
    filter: DeliveryFilter,
    page: { readonly size: number; readonly before: string | null },
  ): Promise<Delivery[]> {
    await this.assertThere(filter.endpointId);
    return this.deliveries.list(filter, page);
  }

  /** Rejects with EndpointNotFoundError and DeliveryNotFoundError. */
  async get(endpointId: string, id: string): Promise<Delivery> {
    await this.assertThere(endpointId);
    const delivery = await this.deliveries.find(endpointId, id);
    if (!delivery) throw new DeliveryNotFoundError();
    return delivery;
  }

  counts(endpointId: string): Promise<DeliveryCounts> {
    return this.deliveries.counts(endpointId);
  }

  private async assertThere(endpointId: string): Promise<void> {
    if (!(await this.endpoints.find(endpointId))) throw new EndpointNotFoundError();
  }
}
