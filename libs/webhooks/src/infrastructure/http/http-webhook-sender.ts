import { request as httpRequest } from 'node:http';
import { isIP } from 'node:net';
import type { WebhooksConfig } from '@app/config';
import { Clock } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import type { Attempt } from '../../domain/delivery.js';
import { type SignedRequest, WebhookSender } from '../../domain/webhook-sender.js';
import { TargetRefusedError } from '../../domain/webhooks.errors.js';
import { webhooksConfigToken } from '../../webhooks.config.js';
import { assertPublic, ForbiddenAddressError, hostOf, openSocket } from './checked-socket.js';
import { NameResolver } from './name-resolver.js';
import { type Reply, replyTo } from './reply.js';

class BrokenOffError extends Error {
  constructor(readonly code: 'timeout' | 'aborted') {
    super(code);
  }
}

/**
 * HTTP/1.1 on a connection of its own for each try. No redirect is followed, no proxy of the environment asked, no certificate
 * excused; name, connection, request and answer share one time limit.
 */
@Injectable()
export class HttpWebhookSender extends WebhookSender {
  constructor(
    private readonly names: NameResolver,
    private readonly clock: Clock,
    @Inject(webhooksConfigToken) private readonly config: WebhooksConfig,
  ) {
    super();
  }

  async send(request: SignedRequest, signal: AbortSignal): Promise<Attempt> {
    const begun = this.clock.monotonicMs();
    const limit = new AbortController();
    const abort = (): void => limit.abort(new BrokenOffError('aborted'));
    const timer = setTimeout(
      () => limit.abort(new BrokenOffError('timeout')),
      this.config.timeoutSeconds * 1_000,
    );
    signal.addEventListener('abort', abort, { once: true });
    try {
      const reply = await this.exchange(request, limit.signal);
      return this.attemptOf(
        begun,
        reply,
        reply.status >= 200 && reply.status < 300 ? null : `http_${reply.status}`,
      );
    } catch (error) {
      return this.attemptOf(begun, null, codeOf(limit.signal.aborted ? limit.signal.reason : error));
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  }

  async assertAllowed(text: string): Promise<void> {
    const url = URL.canParse(text) ? new URL(text) : null;
    const reason = url ? this.objectionTo(url) : 'must be an address such as https://example.com/hooks';
    if (!url || reason !== null) throw new TargetRefusedError(reason ?? '');
    if (this.config.allowPrivate) return;
    const addresses = await this.addressesOf(url).catch(() => null);
    if (addresses) assertAllowedAddresses(addresses);
  }

  private objectionTo({ protocol, username, password, hash }: URL): string | null {
    const isAllowed = protocol === 'https:' || (protocol === 'http:' && this.config.allowPrivate);
    if (!isAllowed) return 'must start with https://';
    if (username !== '' || password !== '') return 'must not contain a user or password';
    return hash === '' ? null : 'must not contain a fragment';
  }

  private async exchange({ url: text, headers, body }: SignedRequest, signal: AbortSignal): Promise<Reply> {
    const url = new URL(text);
    if (this.objectionTo(url) !== null)
      throw new ForbiddenAddressError('the address is not allowed any more');
    const addresses = await unlessAborted(this.addressesOf(url), signal);
    if (!this.config.allowPrivate) assertPublic(addresses);
    const socket = await openSocket({ url, addresses, mayBePrivate: this.config.allowPrivate }, signal);
    const bytes = Buffer.from(body);
    const request = httpRequest({
      createConnection: () => socket,
      method: 'POST',
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, ...headers, 'content-length': bytes.length },
    });
    request.end(bytes);
    return replyTo(request);
  }

  private async addressesOf(url: URL): Promise<readonly string[]> {
    const host = hostOf(url);
    return isIP(host) === 0 ? this.names.resolve(host) : [host];
  }

  private attemptOf(begun: number, reply: Reply | null, error: string | null): Attempt {
    return {
      status: reply?.status ?? null,
      error,
      durationMs: this.clock.monotonicMs() - begun,
      excerpt: reply?.excerpt ?? null,
      retryAfterSeconds: reply?.retryAfter === undefined ? null : this.secondsOf(reply.retryAfter),
    };
  }

  /** RFC 9110 §10.2.3: seconds or a date; null for neither. */
  private secondsOf(retryAfter: string): number | null {
    if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
    const at = Date.parse(retryAfter);
    return Number.isNaN(at) ? null : Math.max(0, Math.ceil((at - this.clock.now().getTime()) / 1_000));
  }
}

function assertAllowedAddresses(addresses: readonly string[]): void {
  try {
    assertPublic(addresses);
  } catch {
    throw new TargetRefusedError('must not lead to a private address');
  }
}

/** A word, never what a message says: it may quote the address. */
function codeOf(error: unknown): string {
  return ((error as NodeJS.ErrnoException).code ?? 'failed').slice(0, 60);
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
