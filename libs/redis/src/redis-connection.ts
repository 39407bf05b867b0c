import { randomBytes } from 'node:crypto';
import type { RedisConfig } from '@app/config';
import { type Clock, StoreUnavailableError } from '@app/kernel';
import type { Log } from '@app/telemetry';
import { Redis } from 'ioredis';

/** Milliseconds. A cache that answers later than this is slower than the database behind it. */
const commandTimeoutMs = 100;
const connectTimeoutMs = 250;
const maxReconnectPauseMs = 250;

const probeTtlSeconds = 10;

export interface RedisProbe {
  /** Milliseconds of one write and one read. */
  readonly latencyMs: number;
  readonly connection: string;
}

/**
 * The connection to Redis, or the lasting absence of one: without Redis and after its loss everything behaves
 * the same. Nothing is queued while it is away and no command is sent twice, because a command that timed out
 * may still run.
 */
export class RedisConnection {
  private readonly client: Redis | null;
  private readonly probeKey = `probe:${randomBytes(8).toString('hex')}`;
  private available = false;

  constructor(
    config: RedisConfig | null,
    private readonly log: Log,
    private readonly clock: Clock,
  ) {
    this.client = config && this.createClient(config);
  }

  get isConfigured(): boolean {
    return this.client !== null;
  }

  /** True while the connection is ready for commands. */
  get isAvailable(): boolean {
    return this.available;
  }

  /** Starts connecting; resolves at once, because the product serves without Redis too. */
  open(): void {
    this.client?.connect().catch(() => undefined); // The client retries by itself and reports by its events.
  }

  /** Writes a value and reads it back. Rejects with StoreUnavailableError if that is not possible. */
  async probe(): Promise<RedisProbe> {
    if (!this.client) throw new StoreUnavailableError('redis');
    const started = this.clock.monotonicMs();
    const value = randomBytes(8).toString('hex');
    try {
      await this.client.set(this.probeKey, value, 'EX', probeTtlSeconds);
      if ((await this.client.get(this.probeKey)) !== value)
        throw new Error('read something else than was written');
    } catch (cause) {
      throw new StoreUnavailableError('redis', cause);
    }
    return { latencyMs: this.clock.monotonicMs() - started, connection: this.client.status };
  }

  async close(): Promise<void> {
    this.client?.disconnect();
  }

  private createClient(config: RedisConfig): Redis {
    const client = new Redis(config.url, {
      lazyConnect: true,
      username: config.username,
      password: config.password,
      db: config.db,
      tls: config.tls ? {} : undefined,
      connectionName: 'rollcall',
      commandTimeout: commandTimeoutMs,
      connectTimeout: connectTimeoutMs,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      retryStrategy: (times) => Math.min(20 * 2 ** times, maxReconnectPauseMs),
      // After a failover the old address answers READONLY; only a new connection finds the new primary.
      reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 1 : false),
    });
    client.on('ready', () => this.noteAvailability(true));
    client.on('close', () => this.noteAvailability(false));
    client.on('error', (error: Error) => this.noteAvailability(false, error));
    return client;
  }

  /** One line per change, not one per failed attempt. */
  private noteAvailability(available: boolean, error?: Error): void {
    if (this.available === available) return;
    this.available = available;
    if (available) this.log.info('redis.available');
    else this.log.warn('redis.unavailable', { reason: error?.message ?? 'connection closed' });
  }
}
