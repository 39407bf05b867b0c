import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and text as they came. */
  readonly raw: string;
}

/** What a server does with a mail it has received completely: takes it, refuses it, or never answers. */
export type MailVerdict = 'take' | 'never' | { readonly code: number; readonly at: 'rcpt' | 'data' };

/** A real SMTP server on this machine, without TLS. */
export class MailServer {
  readonly mails: ReceivedMail[] = [];
  /** Mails received completely and not answered. */
  unanswered = 0;
  verdict: MailVerdict = 'take';
  private server: SMTPServer | null = null;
  private ownPort = 0;

  static async start(): Promise<MailServer> {
    const server = new MailServer();
    await server.open();
    return server;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.ownPort}`;
  }

  to(address: string): ReceivedMail[] {
    return this.mails.filter(({ to }) => to.includes(address));
  }

  /** On the port it had before. */
  async open(): Promise<void> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: (_address, _session, done) => done(this.refusal('rcpt')),
      onData: (stream, session, done) => {
        const parts: Buffer[] = [];
        stream.on('data', (part: Buffer) => parts.push(part));
        stream.on('end', () => {
          const refusal = this.refusal('data');
          if (refusal) return done(refusal);
          if (this.verdict === 'never') return void (this.unanswered += 1);
          const { mailFrom, rcptTo } = session.envelope;
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to: rcptTo.map(({ address }) => address),
            raw: Buffer.concat(parts).toString('utf8'),
          });
          return done();
        });
      },
    });
    // Clients that are killed leave broken connections.
    server.on('error', () => undefined);
    await new Promise<void>((resolve) => server.listen(this.ownPort, '127.0.0.1', resolve));
    this.ownPort = (server.server.address() as AddressInfo).port;
    this.server = server;
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    if (!server) return;
    for (const connection of server.connections) connection.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  private refusal(at: 'rcpt' | 'data'): Error | null {
    if (typeof this.verdict === 'string' || this.verdict.at !== at) return null;
    return Object.assign(new Error('not this one'), { responseCode: this.verdict.code });
  }
}
