import type { PGlite } from '@electric-sql/pglite';
import { FeedLink } from './feed-link.js';

export class EmbeddedFeedLink extends FeedLink {
  private listener: () => void = () => undefined;
  private readonly listening: Promise<() => Promise<void>>;

  constructor(
    private readonly engine: PGlite,
    channel: string,
  ) {
    super();
    this.listening = engine.listen(channel, () => this.listener());
  }

  async rows<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]> {
    const { rows } = await this.engine.query<Row>(statement, [...parameters]);
    return rows;
  }

  onHint(listener: () => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    const stop = await this.listening;
    if (!this.engine.closed) await stop();
  }
}
