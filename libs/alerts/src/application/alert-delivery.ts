import { Clock } from '@app/kernel';
import { Log, Metrics } from '@app/telemetry';
import { Inject, Injectable } from '@nestjs/common';
import { siteUrlToken } from '../alerts.config.js';
import type { Alert } from '../domain/alert.js';
import { AlertOutbox, type Outcome } from '../domain/alert-outbox.js';
import { letterOf } from '../domain/letter.js';
import { LetterRefusedError, Mailer } from '../domain/mailer.js';
import { nextTry } from '../domain/retry.js';

/** Longer than a mail server may keep us waiting; after a crash the mail is tried again when it is over. */
const leaseMs = 120_000;

/**
 * Mails people what the event log tells about them. Each mail is taken by one instance at a time and marked when the
 * server has it: once in the normal case, and a second time only if the process dies in between.
 */
@Injectable()
export class AlertDelivery {
  constructor(
    private readonly outbox: AlertOutbox,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
    private readonly log: Log,
    private readonly metrics: Metrics,
    @Inject(siteUrlToken) private readonly siteUrl: string,
  ) {}

  /** Sends what is due, until `isStopped` or the server fails. Rejects with StoreUnavailableError. */
  async round(isStopped: () => boolean = () => false): Promise<void> {
    while (!isStopped() && (await this.outbox.collect(this.clock.now())));
    while (!isStopped()) {
      const now = this.clock.now();
      const alert = await this.outbox.take(now, new Date(now.getTime() + leaseMs));
      // A server that fails now will fail the next one, too.
      if (!alert || !(await this.deliver(alert))) break;
    }
  }

  private async deliver(alert: Alert): Promise<boolean> {
    try {
      await this.mailer.send(letterOf(alert, this.siteUrl));
    } catch (error) {
      const { message: reason } = error as Error;
      if (error instanceof LetterRefusedError) await this.close(alert, 'refused', reason);
      else await this.retryLater(alert, reason);
      return error instanceof LetterRefusedError;
    }
    await this.close(alert, 'sent');
    return true;
  }

  private async retryLater(alert: Alert, reason: string): Promise<void> {
    const next = nextTry(alert.attempts, alert.at, this.clock.now());
    if (next === null) return this.close(alert, 'given_up', reason);
    await this.outbox.postpone(alert.id, next, reason);
    this.metrics.mails.inc({ result: 'postponed' });
    this.log.warn('mail.postponed', { ...namesOf(alert), reason, until: next.toISOString() });
  }

  private async close(alert: Alert, outcome: Outcome, reason?: string): Promise<void> {
    await this.outbox.close(alert.id, outcome, this.clock.now());
    this.metrics.mails.inc({ result: outcome });
    if (outcome === 'sent') this.log.info('mail.sent', namesOf(alert));
    else this.log.warn(`mail.${outcome}`, { ...namesOf(alert), reason });
  }
}

/** Whose and what, never where to. */
function namesOf({ id, kind, userId, attempts }: Alert): Record<string, unknown> {
  return { mail_id: id, kind, user_id: userId, attempts };
}
