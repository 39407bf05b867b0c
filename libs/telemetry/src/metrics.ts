import { type Clock, SystemClock } from '@app/kernel';
import { Counter, Gauge, Registry } from 'prom-client';
import { Durations, RouteDurations, showHistogram } from './durations.js';
import { addProcessMetrics } from './process-metrics.js';
import { type Sampling, showSamples } from './samples.js';
import { Tally } from './tally.js';

/**
 * What is counted in several places, named here, and the means by which others show what they know. Labels hold words
 * from fixed lists, never ids, addresses or user text. docs/operations.md lists all.
 */
export class Metrics {
  readonly registry = new Registry();

  private readonly routes: RouteDurations[] = [];

  /** Which source decided a session check, and how. */
  readonly sessionChecks = this.tally('rollcall_session_check_total', 'Session checks', ['result', 'source']);
  readonly sessionsStarted = this.counter('rollcall_session_started_total', 'Sessions opened', []);
  readonly sessionsEnded = this.counter('rollcall_session_ended_total', 'Sessions ended on purpose', [
    'reason',
  ]);
  readonly revocations = this.counter('rollcall_revocation_total', 'Revocations answered', ['propagation']);
  readonly cacheRequests = this.tally('rollcall_cache_requests_total', 'Reads through a cache', [
    'cache',
    'result',
  ]);

  /** One per policy that a request was judged under. */
  readonly rateLimits = this.tally('rollcall_rate_limit_total', 'Requests judged by a rate limit', [
    'policy',
    'result',
  ]);

  /** Each may let through what the shared count would have refused, so limits were not exact while this grew. */
  readonly rateLimitFallbacks = this.counter(
    'rollcall_rate_limit_fallback_total',
    'Requests that an instance judged alone because the shared store was away or too late',
    [],
  );

  /** `success`, or the code of the refusal. */
  readonly signIns = this.counter('rollcall_signin_total', 'Attempts to sign in with a password', ['result']);

  /** From the commit until every instance had shown that it knows, or until the answer was "pending". */
  readonly revocationLag = this.durations(
    'rollcall_revocation_lag_seconds',
    'Between the commit of a revocation and the answer about its proof',
    Durations.ofRevocations(),
  );

  readonly webhookDeliveries = this.counter('rollcall_webhook_delivery_total', 'Tries to deliver webhooks', [
    'result',
  ]);

  readonly mails = this.counter('rollcall_mail_total', 'Mails to people', ['result']);

  readonly redisLooks = this.counter('rollcall_redis_health_total', 'Looks at Redis', ['result']);

  readonly streamsEnded = this.counter('rollcall_event_stream_ended_total', 'Streams of events that ended', [
    'reason',
  ]);

  constructor(private readonly clock: Clock = new SystemClock()) {
    addProcessMetrics(this.registry);
    // There from the beginning, so that the first one shows as an increase.
    this.revocations.inc({ propagation: 'pending' }, 0);
    const read = () => this.routes.flatMap((route) => route.series('rollcall_http_request_duration_seconds'));
    showHistogram(
      this.registry,
      'rollcall_http_request_duration_seconds',
      'From the arrival of a request to the end of its answer',
      read,
    );
  }

  /** For one route, by its template. */
  route(method: string, template: string): RouteDurations {
    const route = new RouteDurations(method, template);
    this.routes.push(route);
    return route;
  }

  /** Shows what somebody else counts. */
  durations(name: string, help: string, durations: Durations): Durations {
    showHistogram(this.registry, name, help, () => durations.series(name, {}));
    return durations;
  }

  /** Values that a store is asked for when somebody looks, but not each time. */
  samples(sampling: Sampling): void {
    showSamples(this.registry, sampling, () => this.clock.monotonicMs());
  }

  private tally(name: string, help: string, labels: readonly [string, string]): Tally {
    return new Tally(this.registry, name, help, labels);
  }

  private counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
  ): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  /** Values of one name that are read when somebody looks. */
  gauges(name: string, help: string, label: string, read: () => Readonly<Record<string, number>>): void {
    const collect = (): void => {
      for (const [key, value] of Object.entries(read())) gauge.set({ [label]: key }, value);
    };
    const gauge: Gauge = new Gauge({ name, help, labelNames: [label], registers: [this.registry], collect });
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
