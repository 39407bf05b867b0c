import pg from 'pg';
import { FeedLink } from './feed-link.js';

const connectTimeoutMs = 300;
const queryTimeoutMs = 400;

/** Its user makes one call after the other. */
export class ServerFeedLink extends FeedLink {
  private client: pg.Client | null = null;
  private listener: () => void = () => undefined;

  constructor(
    private readonly url: string,
    private readonly channel: string,
  ) {
    super();
  }

  async rows<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]> {
    const client = this.client ?? (await this.connect());
    try {
      const { rows } = await client.query(statement, [...parameters]);
      return rows as Row[];
    } catch (error) {
      // Whatever happened, an answer could still arrive on this connection: it is not used again.
      this.drop(client);
      throw error;
    }
  }

  onHint(listener: () => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    if (this.client) this.drop(this.client);
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({
      connectionString: this.url,
      application_name: 'rollcall-feed',
      keepAlive: true,
      connectionTimeoutMillis: connectTimeoutMs,
      query_timeout: queryTimeoutMs,
      statement_timeout: queryTimeoutMs,
    });
    client.on('error', () => this.drop(client));
    client.on('notification', () => this.listener());
    try {
      await client.connect();
      await client.query(`listen ${pg.escapeIdentifier(this.channel)}`);
      this.client = client;
      return client;
    } catch (error) {
      this.drop(client);
      throw error;
    }
  }

  /** Not `end()`, which would wait for a server that does not answer. */
  private drop(client: pg.Client): void {
    if (this.client === client) this.client = null;
    const { connection } = client as unknown as { connection: { stream: { destroy(): void } } };
    connection.stream.destroy();
  }
}
