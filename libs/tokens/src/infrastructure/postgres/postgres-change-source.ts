import { StoreUnavailableError } from '@app/kernel';
import { Database, type FeedLink, type Orm } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { ChangeSource, type Fingerprints } from '../../domain/change-source.js';

/** Channel on which instances hear that keys or clients have changed. */
const channel = 'rollcall_tokens';

/** Part of the transaction of the change; heard when it commits. */
export const hintOfChange = (orm: Orm) => orm.execute(sql`select pg_notify(${channel}, '')`);

/** Every version of a row has the transaction that wrote it. */
const statement = `
  select (select string_agg(kid || xmin::text, ' ' order by kid) from signing_keys) as keys,
         (select string_agg(id || xmin::text, ' ' order by id) from oauth_clients) as clients`;

/** On a connection of its own: a withdrawal must be heard of while a flood holds every other connection. */
@Injectable()
export class PostgresChangeSource extends ChangeSource {
  private readonly link: FeedLink;

  constructor(database: Database) {
    super();
    this.link = database.openFeedLink(channel);
  }

  async fingerprints(): Promise<Fingerprints> {
    try {
      const [row] = await this.link.rows<{ keys: string | null; clients: string | null }>(statement, []);
      return { keys: row?.keys ?? '', clients: row?.clients ?? '' };
    } catch (error) {
      throw new StoreUnavailableError('postgres', error);
    }
  }

  onHint(listener: () => void): void {
    this.link.onHint(listener);
  }

  close(): Promise<void> {
    return this.link.close();
  }
}
