import { isOfRefresh, LogReaders, type LogSpan } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { DeliveryOutbox } from '../domain/delivery-outbox.js';
import { EndpointStore } from '../domain/endpoint-store.js';
import { isWanted, wantedTypes } from './event-filter.js';
import { messageOf } from '../domain/message.js';
import { readerName } from '../domain/reader-name.js';

/** Each may be for twenty endpoints, and all of them are queued within the time limit of a transaction's statements. */
const eventsAtOnce = 200;

/** Queues what the event log tells, for whoever wants to hear it. */
@Injectable()
export class WebhookCollection {
  constructor(
    private readonly readers: LogReaders,
    private readonly endpoints: EndpointStore,
    private readonly outbox: DeliveryOutbox,
    private readonly clock: Clock,
  ) {}

  /**
   * Queues what is new since the last call, nothing before the first. Nothing is skipped and nothing queued twice, whoever
   * else is at it and whatever breaks off. True if there is more. Rejects with StoreUnavailableError.
   */
  next(): Promise<boolean> {
    const following = { reader: readerName, batch: eventsAtOnce, begin: 'now' } as const;
    return this.readers.advance(following, (span) => this.queue(span));
  }

  private async queue(span: LogSpan): Promise<void> {
    const endpoints = await this.endpoints.lockEnabled();
    const types = wantedTypes(endpoints.flatMap(({ events }) => events));
    if (types.length === 0) return;
    const events = await this.readers.read(span, types);
    const told = events.filter((event) => !isOfRefresh(event));
    const deliveries = told.flatMap((event) => {
      const message = messageOf(event);
      return endpoints
        .filter(({ events: wanted }) => isWanted(wanted, event.type))
        .map(({ id }) => ({ endpointId: id, message }));
    });
    if (deliveries.length > 0) await this.outbox.enqueue(deliveries, this.clock.now());
  }
}
