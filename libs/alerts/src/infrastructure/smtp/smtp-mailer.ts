import type { MailConfig } from '@app/config';
import { Inject, Injectable } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { mailConfigToken } from '../../alerts.config.js';
import { type Letter, LetterRefusedError, Mailer } from '../../domain/mailer.js';

/** Milliseconds. */
const patience = {
  dnsTimeout: 5_000,
  connectionTimeout: 10_000,
  greetingTimeout: 10_000,
  socketTimeout: 20_000,
};

interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
}

/** RFC 5321. Each letter has a connection of its own: there are few, and a kept one would be dead when needed. */
@Injectable()
export class SmtpMailer extends Mailer {
  private readonly transport: ReturnType<typeof createTransport>;

  constructor(@Inject(mailConfigToken) private readonly config: MailConfig) {
    super();
    const { host, port, secure, requireTls: requireTLS, user, password } = config;
    this.transport = createTransport({
      host,
      port,
      secure,
      requireTLS,
      auth: user === null ? undefined : { user, pass: password ?? '' },
      disableFileAccess: true,
      disableUrlAccess: true,
      ...patience,
    });
  }

  async send({ id, to, subject, text }: Letter): Promise<void> {
    try {
      await this.transport.sendMail({
        from: { ...this.config.from },
        // As an object, so that it is one address whatever is in it.
        to: { name: '', address: to },
        subject,
        text,
        messageId: id,
        // RFC 3834 §5: nobody's absence note shall answer.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
    } catch (error) {
      throw translated(error as SmtpFailure);
    }
  }
}

/** What the server says may quote the address, so only codes go on. 5xx about this letter is final (RFC 5321 §4.2.1). */
function translated({ code = 'unknown', responseCode }: SmtpFailure): Error {
  const reason = [code, responseCode].filter((part) => part !== undefined).join(' ');
  const isAboutLetter = code === 'EENVELOPE' || code === 'EMESSAGE';
  return isAboutLetter && (responseCode ?? 0) >= 500 ? new LetterRefusedError(reason) : new Error(reason);
}
