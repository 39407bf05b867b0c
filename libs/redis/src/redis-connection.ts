import { randomBytes } from 'node:crypto';
import type { RedisConfig } from '@app/config';
import { type BreakerState, CircuitBreaker, type Clock, StoreUnavailableError } from '@app/kernel';
import { Durations, type Log, tracing } from '@app/telemetry';
import { Cluster } from 'ioredis';
import { createClient, type RedisClient } from './redis-target.js';

const breakerSettings = { threshold: 3, trialPauseMs: 100 };
const probeTtlSeconds = 10;

/** Uses whose commands leave in one packet. More, and the server would have nothing to do while it is being filled. */
const maxTogether = 16;

export interface RedisProbe {
  /** Milliseconds of one write and one read. */
  readonly latencyMs: number;
  readonly connection: string;
}

/**
 * The connection to Redis, or the lasting absence of one: without Redis and after its loss everything behaves
 * the same. Refused, hung, READONLY, LOADING, wrong password: all of it is one state, "away". Three failures in
 * a row open the breaker and destroy the socket, on which late answers could still arrive; a probe every 100 ms
 * closes it again. Nobody waits longer than 100 ms.
 */
export class RedisConnection {
  /** Of everything that was answered, whatever it had to wait for in this process. */
  readonly durations = Durations.ofCommands();
  private readonly client: RedisClient | null;
  private readonly breaker: CircuitBreaker;
  private readonly probeKey = `probe:${randomBytes(8).toString('hex')}`;
  private prober: NodeJS.Timeout | null = null;
  private serverRun: string | null = null;
  private connections = 0;
  private identified = false;
  private reportedAvailable: boolean | null = null;
  private isClosed = false;
  private together = 0;

  constructor(
    config: RedisConfig | null,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.client = config && this.observed(createClient(config));
    this.breaker = new CircuitBreaker(clock, { ...breakerSettings, onChange: () => this.report() });
  }

  get isConfigured(): boolean {
    return this.client !== null;
  }

  /** Commands that touch several keys then have to find them in one slot. */
  get isCluster(): boolean {
    return this.client instanceof Cluster;
  }

  /** True while commands are worth sending. */
  get isAvailable(): boolean {
    return this.client?.status === 'ready' && this.identified && this.breaker.state === 'closed';
  }

  /** Open: it is known not to answer, and only asked now and then. */
  get breakerState(): BreakerState {
    return this.breaker.state;
  }

  /**
   * `run_id` of the server process behind this connection; null while unknown and for a cluster, where each
   * slot may be elsewhere. A process keeps it for life, so data that came back under another one is a copy.
   */
  get runId(): string | null {
    return this.serverRun;
  }

  /** Grows with each connection made. */
  get generation(): number {
    return this.connections;
  }

  /** Starts connecting; resolves at once, because the product serves without Redis too. */
  open(): void {
    this.client?.connect().catch(() => undefined); // The client retries by itself and reports by its events.
  }

  /** Rejects with StoreUnavailableError at once while away, and within 100 ms otherwise. */
  async run<T>(use: (client: RedisClient) => Promise<T>): Promise<T> {
    if (!this.client || !this.isAvailable) throw new StoreUnavailableError('redis');
    const { client } = this;
    return tracing.isOn
      ? tracing.span('redis', () => this.attempt(client, use), { 'db.system.name': 'redis' })
      : this.attempt(client, use);
  }

  /** Writes a value and reads it back. Rejects with StoreUnavailableError if that is not possible. */
  async probe(): Promise<RedisProbe> {
    const started = this.clock.monotonicMs();
    const value = randomBytes(8).toString('hex');
    await this.run(async (client) => {
      await client.set(this.probeKey, value, 'EX', probeTtlSeconds);
      if ((await client.get(this.probeKey)) !== value)
        throw new Error('read something else than was written');
    });
    return { latencyMs: this.clock.monotonicMs() - started, connection: this.client?.status ?? 'none' };
  }

  /** For good: commands still under way fail, and neither they nor the end itself are worth a word. */
  async close(): Promise<void> {
    this.isClosed = true;
    if (this.prober) clearTimeout(this.prober);
    this.client?.disconnect();
  }

  private async attempt<T>(client: RedisClient, use: (client: RedisClient) => Promise<T>): Promise<T> {
    this.sendTogether(client);
    const sent = this.clock.monotonicMs();
    try {
      const result = await use(client);
      this.durations.observe((this.clock.monotonicMs() - sent) / 1_000);
      this.breaker.succeeded();
      return result;
    } catch (cause) {
      if (!isFullMemory(cause)) this.noteFailure(client);
      throw new StoreUnavailableError('redis', cause);
    }
  }

  /**
   * Commands of one turn of the event loop leave together at its end, those of a request and of its neighbours: the
   * fewer packets, the fewer times Redis has to be woken. ioredis' own auto-pipelining would hold commands back while
   * others are on their way, past their time-out.
   */
  private sendTogether(client: RedisClient): void {
    if (client instanceof Cluster) return;
    const { stream } = client;
    if (!stream) return;
    if (stream.writableCorked === 0) {
      stream.cork();
      setImmediate(() => stream.uncork());
      this.together = 0;
    } else if ((this.together += 1) % maxTogether === 0) {
      stream.uncork();
      stream.cork();
    }
  }

  private noteFailure(client: RedisClient): void {
    const opens = this.breaker.failed();
    if (!opens || this.isClosed) return;
    dropSockets(client);
    this.probeLater(client);
  }

  private probeLater(client: RedisClient): void {
    if (this.isClosed) return;
    // A new connection and an open breaker may both ask for it.
    if (this.prober) clearTimeout(this.prober);
    this.prober = setTimeout(() => {
      if (client.status !== 'ready') return this.probeLater(client);
      this.attempt(client, () => this.identify(client)).catch(() => this.probeLater(client));
      return undefined;
    }, breakerSettings.trialPauseMs);
    this.prober.unref();
  }

  private observed(client: RedisClient): RedisClient {
    client.on('ready', () => {
      this.attempt(client, () => this.identify(client)).catch(() => this.probeLater(client));
    });
    client.on('close', () => {
      // What connects next may be another server.
      this.identified = false;
      this.serverRun = null;
      this.report();
    });
    client.on('error', (error: Error) => this.report(error));
    return client;
  }

  /** Asks the server who it is; an answer also proves that it serves commands. */
  private async identify(client: RedisClient): Promise<void> {
    const info = client instanceof Cluster ? '' : await client.info('server');
    if (client instanceof Cluster) await client.get(this.probeKey);
    this.serverRun = /^run_id:(\w+)/m.exec(info)?.[1] ?? null;
    this.identified = true;
    this.connections += 1;
    this.breaker.succeeded();
    this.report();
  }

  /** One line per change, not one per failed attempt. */
  private report(error?: Error): void {
    const available = this.isAvailable;
    if (this.isClosed || available === this.reportedAvailable) return;
    this.reportedAvailable = available;
    if (available) this.log.info('redis.available');
    else this.log.warn('redis.unavailable', { reason: error?.message ?? 'connection lost or not answering' });
  }
}

/** A cluster's own `disconnect(true)` may wait for ever for the end of a node that was just being connected. */
function dropSockets(client: RedisClient): void {
  if (client instanceof Cluster) client.nodes().forEach((node) => node.disconnect());
  else client.disconnect(true);
}

/** Reads still work and tombstones still land; only fills are refused, and those may fail. */
function isFullMemory(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('OOM');
}
