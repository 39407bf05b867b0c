import { PGlite } from '@electric-sql/pglite';
import { drizzle } from 'drizzle-orm/pglite';
import { migrateEmbedded } from '../migrations.js';
import type { Orm } from '../orm.js';
import { type PoolState, PostgresDriver } from './driver.js';
import { EmbeddedFeedLink } from './embedded-feed-link.js';
import type { FeedLink } from './feed-link.js';

/**
 * PostgreSQL compiled to WebAssembly, inside this process: no binary, port, user or permission question. One
 * connection, so transactions queue; one process only, which the data folder lock enforces.
 */
export class EmbeddedDriver extends PostgresDriver {
  readonly orm: Orm;
  readonly checks: Orm;

  private constructor(private readonly engine: PGlite) {
    super();
    this.orm = drizzle(engine);
    this.checks = this.orm;
  }

  /** Opens (or on first use creates, about 2 s) the database in `folder`; `memory://` keeps nothing. */
  static async open(folder: string): Promise<EmbeddedDriver> {
    return new EmbeddedDriver(await PGlite.create({ dataDir: folder }));
  }

  transaction<T>(work: (orm: Orm) => Promise<T>): Promise<T> {
    return this.orm.transaction((tx) => work(tx));
  }

  openFeedLink(channel: string): FeedLink {
    return new EmbeddedFeedLink(this.engine, channel);
  }

  poolState(): PoolState {
    return { total: 1, idle: this.engine.ready ? 1 : 0, waiting: 0 };
  }

  migrate(): Promise<void> {
    return migrateEmbedded(this.engine);
  }

  async close(): Promise<void> {
    if (!this.engine.closed) await this.engine.close();
  }
}
