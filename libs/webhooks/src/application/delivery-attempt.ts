import { EventLog } from '@app/event-log';
import { Clock, RandomSource, UnitOfWork, UnsealError } from '@app/kernel';
import { Log, Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import type { Attempt, TakenDelivery } from '../domain/delivery.js';
import { DeliveryOutbox, type Settlement } from '../domain/delivery-outbox.js';
import type { DisabledReason } from '../domain/endpoint.js';
import { EndpointStore } from '../domain/endpoint-store.js';
import { isHopeless, nextTry, restUntil } from '../domain/retry.js';
import { WebhookSender } from '../domain/webhook-sender.js';
import { WebhookSecrets } from './webhook-secrets.js';

const userAgent = 'Rollcall-Webhooks/1.0';

const gone = 410;

const isSuccess = ({ status }: Attempt): boolean => status !== null && status >= 200 && status < 300;

/** What changed for the endpoint beside its delivery. */
type Aftermath = 'recovered' | DisabledReason | null;

/** Sends one delivery and writes down what came of it. */
@Injectable()
export class DeliveryAttempt {
  constructor(
    private readonly outbox: DeliveryOutbox,
    private readonly endpoints: EndpointStore,
    private readonly sender: WebhookSender,
    private readonly secrets: WebhookSecrets,
    private readonly units: UnitOfWork,
    private readonly events: EventLog,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    private readonly log: Log,
    private readonly metrics: Metrics,
  ) {}

  /** Rejects with StoreUnavailableError when the result could not be written; it is sent again then. */
  async deliver(taken: TakenDelivery, signal: AbortSignal): Promise<void> {
    const attempt = await this.send(taken, signal);
    if (signal.aborted) return;
    const now = this.clock.now();
    const settlement = this.settlementOf(taken, attempt, now);
    // The endpoint first, as whoever queues does, so that nobody waits in a ring.
    const { aftermath, isInTime } = await this.units.run(async () => ({
      aftermath: await (isSuccess(attempt) ? this.noteSuccess(taken) : this.noteFailure(taken, attempt, now)),
      isInTime: await this.outbox.settle(taken, settlement, attempt, now),
    }));
    if (isInTime) this.tell(taken, attempt, settlement);
    else this.log.warn('webhook.result_too_late', namesOf(taken, attempt));
    this.tellAftermath(taken, attempt, aftermath);
  }

  private async send(taken: TakenDelivery, signal: AbortSignal): Promise<Attempt> {
    const { url, body } = taken;
    try {
      const signature = this.secrets.headersOf(taken, this.clock.now());
      const headers = { ...signature, 'content-type': 'application/json', 'user-agent': userAgent };
      return await this.sender.send({ url, headers, body }, signal);
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      this.log.error('webhook.secret_unreadable', error, { alert: true, endpoint_id: taken.endpointId });
      return {
        status: null,
        error: 'secret_unreadable',
        durationMs: 0,
        excerpt: null,
        retryAfterSeconds: null,
      };
    }
  }

  private settlementOf(taken: TakenDelivery, attempt: Attempt, now: Date): Settlement {
    if (isSuccess(attempt)) return { outcome: 'delivered' };
    const chance = this.random.bytes(4).readUInt32BE() / 2 ** 32;
    const nextTryAt = nextTry(taken.counted, { now, chance, retryAfterSeconds: attempt.retryAfterSeconds });
    return nextTryAt ? { outcome: 'postponed', nextTryAt } : { outcome: 'dead' };
  }

  private async noteSuccess({ endpointId }: TakenDelivery): Promise<Aftermath> {
    return (await this.endpoints.noteSuccess(endpointId)) ? 'recovered' : null;
  }

  private async noteFailure({ endpointId }: TakenDelivery, attempt: Attempt, now: Date): Promise<Aftermath> {
    const standing = await this.endpoints.noteFailure(endpointId, now);
    if (!standing) return null;
    const { failures, failingSince } = standing;
    const rest = restUntil(failures, now, attempt.retryAfterSeconds);
    if (rest) await this.endpoints.rest(endpointId, rest);
    if (attempt.status === gone) return this.disable(endpointId, 'gone', now);
    return isHopeless(failures, failingSince, now) ? this.disable(endpointId, 'failing', now) : null;
  }

  /** Null if somebody was faster. */
  private async disable(id: string, reason: DisabledReason, at: Date): Promise<Aftermath> {
    const endpoint = await this.endpoints.lock(id);
    if (!endpoint || endpoint.disabledAt) return null;
    await this.endpoints.change(id, { disabled: reason }, at);
    const payload = { endpoint_id: id, by: null, reason };
    await this.events.append([{ type: 'webhook.disabled', userId: null, payload, at }]);
    return reason;
  }

  private tell(taken: TakenDelivery, attempt: Attempt, settlement: Settlement): void {
    const { outcome } = settlement;
    this.metrics.webhookDeliveries.inc({ result: outcome });
    const names = namesOf(taken, attempt);
    if (outcome === 'delivered') return this.log.info('webhook.delivered', names);
    const until = outcome === 'postponed' ? { until: settlement.nextTryAt.toISOString() } : {};
    return this.log.warn(`webhook.${outcome}`, { ...names, reason: attempt.error, ...until });
  }

  private tellAftermath({ endpointId }: TakenDelivery, { error }: Attempt, aftermath: Aftermath): void {
    const names = { endpoint_id: endpointId };
    if (aftermath === 'recovered') this.log.info('webhook.endpoint_recovered', names);
    else if (aftermath)
      this.log.warn('webhook.endpoint_disabled', {
        ...names,
        reason: aftermath,
        last_error: error,
        alert: true,
      });
  }
}

/** What and whose, never where to: a path may hold a secret. */
function namesOf(
  { endpointId, id, messageId, type, attempts }: TakenDelivery,
  { status, durationMs }: Attempt,
): Record<string, unknown> {
  return {
    endpoint_id: endpointId,
    delivery_id: id,
    message_id: messageId,
    type,
    attempts,
    status,
    duration_ms: Math.round(durationMs),
  };
}
