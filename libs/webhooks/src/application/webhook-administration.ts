import { type Act, type EventType, EventLog, factsOf } from '@app/event-log';
import { Clock, RandomSource, UnitOfWork, uuidV7 } from '@app/kernel';
import { Log } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { type EndpointSettings, maxEndpoints, type WebhookEndpoint } from '../domain/endpoint.js';
import { type EndpointChanges, EndpointStore } from '../domain/endpoint-store.js';
import { WebhookSender } from '../domain/webhook-sender.js';
import { EndpointNotFoundError, TooManyEndpointsError } from '../domain/webhooks.errors.js';
import { WebhookCollection } from './webhook-collection.js';
import { WebhookSecrets } from './webhook-secrets.js';

/** A secret that nobody can read a second time. */
export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

/** What administrators change. Each change and its event take effect together. */
@Injectable()
export class WebhookAdministration {
  constructor(
    private readonly endpoints: EndpointStore,
    private readonly collection: WebhookCollection,
    private readonly secrets: WebhookSecrets,
    private readonly sender: WebhookSender,
    private readonly units: UnitOfWork,
    private readonly events: EventLog,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    private readonly log: Log,
  ) {}

  /** In the order of their making. */
  list(): Promise<WebhookEndpoint[]> {
    return this.endpoints.list();
  }

  /** Rejects with EndpointNotFoundError. */
  async get(id: string): Promise<WebhookEndpoint> {
    return found(await this.endpoints.find(id));
  }

  /**
   * Told of everything from then on; while no process delivers, also of what has happened before and was not yet queued.
   * Rejects with TargetRefusedError and TooManyEndpointsError.
   */
  async create(settings: EndpointSettings, act: Act): Promise<EndpointWithSecret> {
    await this.sender.assertAllowed(settings.url);
    // The reader begins with its first look, and without a process that delivers nobody has looked yet.
    await this.collection.next();
    const createdAt = this.clock.now();
    const id = uuidV7(createdAt, this.random);
    const { shown, sealed } = this.secrets.mint(id);
    await this.units.run(async () => {
      if (!(await this.endpoints.add({ ...settings, id, createdAt }, sealed, maxEndpoints)))
        throw new TooManyEndpointsError(maxEndpoints);
      await this.note('webhook.created', id, { label: settings.label, ...factsOf(act) });
    });
    this.log.info('webhook.created', { endpoint_id: id });
    return { endpoint: await this.get(id), secret: shown };
  }

  /** What waits goes to the new address. Rejects with EndpointNotFoundError and TargetRefusedError. */
  async update(id: string, settings: Partial<EndpointSettings>, act: Act): Promise<WebhookEndpoint> {
    if (settings.url !== undefined) await this.sender.assertAllowed(settings.url);
    const fields = Object.keys(settings);
    return this.change(id, settings, { type: 'webhook.updated', facts: { fields, ...factsOf(act) } });
  }

  /** What happens meanwhile is not queued, what waits stays as long as history is kept. May be repeated. Rejects with EndpointNotFoundError. */
  disable(id: string, act: Act): Promise<WebhookEndpoint> {
    const reason = 'administrator';
    const facts = { reason, ...factsOf(act) };
    return this.change(id, { disabled: reason }, { type: 'webhook.disabled', facts });
  }

  /** Goes on with what waits. May be repeated, and forgets failures. Rejects with EndpointNotFoundError. */
  enable(id: string, act: Act): Promise<WebhookEndpoint> {
    return this.change(id, { disabled: null }, { type: 'webhook.enabled', facts: factsOf(act) });
  }

  /** The secret before signs, too, for so many seconds. Rejects with EndpointNotFoundError. */
  async rotateSecret(id: string, overlapSeconds: number, act: Act): Promise<EndpointWithSecret> {
    const now = this.clock.now();
    const { shown, sealed } = this.secrets.mint(id);
    await this.units.run(async () => {
      found(await this.endpoints.lock(id));
      const before = await this.endpoints.secrets(id);
      const oldUntil = new Date(now.getTime() + overlapSeconds * 1_000);
      const kept = overlapSeconds > 0 && before ? { old: before.current, oldUntil } : null;
      await this.endpoints.replaceSecrets(id, { current: sealed, old: null, oldUntil: null, ...kept }, now);
      await this.note('webhook.secret_rotated', id, { seconds: overlapSeconds, ...factsOf(act) });
    });
    this.log.info('webhook.secret_rotated', { endpoint_id: id });
    return { endpoint: await this.get(id), secret: shown };
  }

  /** What waits for it is forgotten. Rejects with EndpointNotFoundError. */
  async remove(id: string, act: Act): Promise<void> {
    await this.units.run(async () => {
      const { label } = found(await this.endpoints.lock(id));
      await this.endpoints.remove(id, this.clock.now());
      await this.note('webhook.deleted', id, { label, ...factsOf(act) });
    });
    this.log.info('webhook.deleted', { endpoint_id: id });
  }

  private async change(
    id: string,
    changes: EndpointChanges,
    { type, facts }: { type: EventType; facts: Readonly<Record<string, unknown>> },
  ): Promise<WebhookEndpoint> {
    await this.units.run(async () => {
      found(await this.endpoints.lock(id));
      await this.endpoints.change(id, changes, this.clock.now());
      await this.note(type, id, facts);
    });
    this.log.info(type, { endpoint_id: id });
    return this.get(id);
  }

  private note(type: EventType, id: string, facts: Readonly<Record<string, unknown>>): Promise<void> {
    const payload = { endpoint_id: id, ...facts };
    return this.events.append([{ type, userId: null, payload, at: this.clock.now() }]);
  }
}

function found(endpoint: WebhookEndpoint | null): WebhookEndpoint {
  if (!endpoint) throw new EndpointNotFoundError();
  return endpoint;
}
