import { Counter, Gauge, Registry } from 'prom-client';

/**
 * Every metric of the product, named in one place, so that names and labels stay few. Labels hold words from
 * fixed lists, never ids, addresses or user text.
 */
export class Metrics {
  readonly registry = new Registry();

  /** Which source decided a session check, and how. */
  readonly sessionChecks = this.counter('rollcall_session_check_total', 'Session checks', [
    'result',
    'source',
  ]);
  readonly sessionsStarted = this.counter('rollcall_session_started_total', 'Sessions opened', []);
  readonly sessionsEnded = this.counter('rollcall_session_ended_total', 'Sessions ended on purpose', [
    'reason',
  ]);
  readonly revocations = this.counter('rollcall_revocation_total', 'Revocations answered', ['propagation']);
  readonly cacheRequests = this.counter('rollcall_cache_requests_total', 'Reads through a cache', [
    'cache',
    'result',
  ]);

  /** One per policy that a request was judged under. */
  readonly rateLimits = this.counter('rollcall_rate_limit_total', 'Requests judged by a rate limit', [
    'policy',
    'result',
  ]);

  /** Each may let through what the shared count would have refused, so limits were not exact while this grew. */
  readonly rateLimitFallbacks = this.counter(
    'rollcall_rate_limit_fallback_total',
    'Requests that an instance judged alone because the shared store was away or too late',
    [],
  );

  readonly mails = this.counter('rollcall_mail_total', 'Mails to people', ['result']);

  readonly redisLooks = this.counter('rollcall_redis_health_total', 'Looks at Redis', ['result']);

  readonly streamsEnded = this.counter('rollcall_event_stream_ended_total', 'Streams of events that ended', [
    'reason',
  ]);

  private counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** A value that is read when somebody looks. */
  gauge(name: string, help: string, read: () => number): void {
    const collect = (): void => gauge.set(read());
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect });
  }

  /** Text exposition format. */
  async render(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }
}
