import type { MailConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module } from '@nestjs/common';
import { mailConfigToken, siteUrlToken } from './alerts.config.js';
import { AlertDelivery } from './application/alert-delivery.js';
import { AlertRetention } from './application/alert-retention.js';
import { AlertRunner } from './application/alert-runner.js';
import { AlertOutbox } from './domain/alert-outbox.js';
import { Mailer } from './domain/mailer.js';
import { PostgresAlertOutbox } from './infrastructure/postgres/postgres-alert-outbox.js';
import { SmtpMailer } from './infrastructure/smtp/smtp-mailer.js';

@Module({})
export class AlertsModule {
  /** Nothing at all without a mail server. */
  static forRoot({ mail, siteUrl }: { mail: MailConfig | null; siteUrl: string }): DynamicModule {
    if (mail === null) return { module: AlertsModule };
    return {
      module: AlertsModule,
      imports: [EventLogModule],
      providers: [
        { provide: mailConfigToken, useValue: mail },
        { provide: siteUrlToken, useValue: siteUrl },
        { provide: AlertOutbox, useClass: PostgresAlertOutbox },
        { provide: Mailer, useClass: SmtpMailer },
        AlertDelivery,
        AlertRunner,
        AlertRetention,
      ],
      exports: [AlertDelivery],
    };
  }
}
