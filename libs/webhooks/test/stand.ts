import { DrizzleEventLog, PostgresLogReaders } from '@app/event-log';
import { CryptoRandomSource, ServerSecret } from '@app/kernel';
import type { Database } from '@app/postgres';
import { FakeClock, type OpenStore } from '@app/testing';
import { sql } from 'drizzle-orm';
import { WebhookCollection } from '../src/application/webhook-collection.js';
import { WebhookSecrets } from '../src/application/webhook-secrets.js';
import type { Attempt, Delivery, TakenDelivery } from '../src/domain/delivery.js';
import type { Settlement } from '../src/domain/delivery-outbox.js';
import { PostgresDeliveryLog } from '../src/infrastructure/postgres/postgres-delivery-log.js';
import { PostgresDeliveryOutbox } from '../src/infrastructure/postgres/postgres-delivery-outbox.js';
import { PostgresEndpointStore } from '../src/infrastructure/postgres/postgres-endpoint-store.js';

export const noon = new Date('2026-03-01T12:00:00.000Z');

const answered: Attempt = {
  status: 200,
  error: null,
  durationMs: 12.4,
  excerpt: 'ok',
  retryAfterSeconds: null,
};
export const failed: Attempt = { ...answered, status: 503, error: 'http_503', excerpt: null };

/** For all tests of a block, each as on the first day, on a database of the block's own. */
export function useStand(open: () => Promise<OpenStore>): Stand {
  const stand = new Stand();
  let store: OpenStore;
  beforeAll(async () => {
    store = await open();
    stand.standOn(store.database);
  });
  afterAll(() => store.close());
  beforeEach(() => stand.reset());
  return stand;
}

/** Everything that stores, on a database, and a clock that stands at noon. */
export class Stand {
  readonly clock = new FakeClock(noon);
  database!: Database;
  endpoints!: PostgresEndpointStore;
  outbox!: PostgresDeliveryOutbox;
  log!: PostgresDeliveryLog;
  events!: DrizzleEventLog;
  readonly random = new CryptoRandomSource();
  readonly secrets = new WebhookSecrets(new ServerSecret(Buffer.from('of these tests only')), this.random);
  collection!: WebhookCollection;
  private made = 0;

  standOn(database: Database): void {
    this.database = database;
    this.endpoints = new PostgresEndpointStore(database);
    this.outbox = new PostgresDeliveryOutbox(database);
    this.log = new PostgresDeliveryLog(database);
    this.events = new DrizzleEventLog(database);
    const readers = new PostgresLogReaders(database);
    this.collection = new WebhookCollection(readers, this.endpoints, this.outbox, this.clock);
  }

  /** As on the first day, with a reader that has begun. */
  async reset(): Promise<void> {
    this.clock.set(noon);
    for (const table of ['webhook_deliveries', 'webhook_endpoints', 'log_readers', 'event_log'])
      await this.run(sql`delete from ${sql.identifier(table)}`);
    await this.collection.next();
  }

  run<Row>(statement: ReturnType<typeof sql>): Promise<Row[]> {
    return this.database.rows(statement);
  }

  async addEndpoint(events: readonly string[] = ['*'], url = 'https://example.com/hooks'): Promise<string> {
    this.made += 1;
    const id = `019a9f3e-7c41-7d1b-9a55-${String(this.made).padStart(12, '0')}`;
    const settings = { id, url, label: `endpoint ${this.made}`, events, createdAt: this.clock.now() };
    await this.endpoints.add(settings, this.secrets.mint(id).sealed, 1_000);
    return id;
  }

  /** Writes events and queues them. */
  async tell(...events: readonly (readonly [session: string | null, type?: string])[]): Promise<void> {
    for (const [session, type = 'session.created'] of events)
      await this.run(sql`insert into event_log (type, session_id, payload, created_at)
        values (${type}, ${session}, '{"reason":"signout","client":"some"}', ${this.clock.now().toISOString()}::timestamptz)`);
    while (await this.collection.next());
  }

  /** In the order of their making. */
  async take(endpointId: string, limit = 100, seconds = 60): Promise<TakenDelivery[]> {
    const now = this.clock.now();
    const until = new Date(now.getTime() + seconds * 1_000);
    const taken = await this.outbox.take(endpointId, { now, until, limit });
    return taken.toSorted((one, other) => Number(one.id) - Number(other.id));
  }

  settle(taken: TakenDelivery, settlement: Settlement, attempt = answered): Promise<boolean> {
    return this.database.run(() => this.outbox.settle(taken, settlement, attempt, this.clock.now()));
  }

  postpone(taken: TakenDelivery, seconds: number): Promise<boolean> {
    const nextTryAt = new Date(this.clock.now().getTime() + seconds * 1_000);
    return this.settle(taken, { outcome: 'postponed', nextTryAt }, failed);
  }

  /** Oldest first. */
  async all(endpointId: string): Promise<Delivery[]> {
    const filter = { endpointId, state: null, type: null };
    return (await this.log.list(filter, { size: 10_000, before: null })).toReversed();
  }

  async states(endpointId: string): Promise<string[]> {
    return (await this.all(endpointId)).map(({ state }) => state);
  }

  requeue(endpointId: string, ids: readonly string[]): Promise<number> {
    return this.database.run(async () => {
      await this.endpoints.lock(endpointId);
      return this.log.requeue(endpointId, ids, this.clock.now());
    });
  }
}

/** A session id that can be told from others. */
export const session = (name: string): string => Buffer.from(name).toString('hex').padEnd(64, '0');
