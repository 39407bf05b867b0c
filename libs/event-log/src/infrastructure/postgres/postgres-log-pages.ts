import { StoreUnavailableError } from '@app/kernel';
import { Database, type FeedLink } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { LogLink, type LogPage, LogPages, type PageRequest } from '../../domain/log-pages.js';
import { type LogPlace, LogPlaceLostError } from '../../domain/log-place.js';
import { logChannel } from './drizzle-event-log.js';
import {
  endStatement,
  pageStatement,
  type PageRow,
  placeBefore,
  type PlaceRow,
} from './log-page-statements.js';

type Ask = <Row>(statement: SQL) => Promise<Row[]>;

@Injectable()
export class PostgresLogPages extends LogPages {
  constructor(private readonly database: Database) {
    super();
  }

  end(): Promise<LogPlace> {
    return placeFrom(this.ask, endStatement);
  }

  before(time: Date): Promise<LogPlace> {
    return placeFrom(this.ask, placeBefore(time));
  }

  page(place: LogPlace, request: PageRequest): Promise<LogPage> {
    return pageFrom(this.ask, place, request);
  }

  openLink(): LogLink {
    return new PostgresLogLink(this.database.openFeedLink(logChannel));
  }

  private readonly ask: Ask = (statement) => this.database.rows(statement);
}

/** Apart from all pools: no flood of requests delays what is told to those who follow the log. */
class PostgresLogLink extends LogLink {
  private readonly dialect = new PgDialect();

  constructor(private readonly link: FeedLink) {
    super();
  }

  end(): Promise<LogPlace> {
    return placeFrom(this.ask, endStatement);
  }

  page(place: LogPlace, request: PageRequest): Promise<LogPage> {
    return pageFrom(this.ask, place, request);
  }

  onHint(listener: () => void): void {
    this.link.onHint(listener);
  }

  close(): Promise<void> {
    return this.link.close();
  }

  private readonly ask: Ask = async <Row>(statement: SQL) => {
    const { sql: text, params } = this.dialect.sqlToQuery(statement);
    try {
      return await this.link.rows<Row>(text, params);
    } catch (error) {
      throw new StoreUnavailableError('postgres', error);
    }
  };
}

async function placeFrom(ask: Ask, statement: SQL): Promise<LogPlace> {
  const [row] = await ask<PlaceRow>(statement);
  return { database: row!.database, since: row!.since, upto: null, lastId: Number(row!.last ?? 0) };
}

async function pageFrom(ask: Ask, place: LogPlace, request: PageRequest): Promise<LogPage> {
  const [row] = await ask<PageRow>(pageStatement(place, request));
  if (row!.database !== place.database || !row!.witnessed || !row!.past) throw new LogPlaceLostError();
  return toPage(place, row!);
}

/** The place behind a page is that behind its stretch, or amid it if there is more of it. */
function toPage(place: LogPlace, row: PageRow): LogPage {
  const { database, since } = place;
  const { upto } = row;
  const rows = row.events ?? [];
  const isWhole = !row.more;
  const last = Number(row.last ?? place.lastId);
  const behind: LogPlace = { database, since: upto, upto: null, lastId: last };
  const amid = (id: number): LogPlace => ({ database, since, upto, lastId: id });
  const events = rows.map((event, index) => ({
    ...event,
    at: new Date(event.at),
    place: isWhole && index === rows.length - 1 ? behind : amid(event.id),
  }));
  const isUnchanged = row.last === null && !row.cut && place.upto === null;
  const next = isWhole ? (isUnchanged ? place : behind) : amid(rows.at(-1)!.id);
  return { events, next, hasMore: row.more || row.cut || place.upto !== null, seen: upto };
}
