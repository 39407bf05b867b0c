import type { SessionId, UserId } from '@app/kernel';
import { Database, instant, millis } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { type ExpiredSession, ExpiredSessions, type ExpiryStretch } from '../../domain/expired-sessions.js';
import type { EndReason } from '../../domain/session.js';
import { sessionsTable } from './sessions.table.js';
import { nobody, unmarkedBehind } from './unmarked-sessions.js';

/** Sessions that one statement looks at. */
const usualStretch = 10_000;

interface Row {
  readonly id: SessionId;
  readonly user_id: UserId;
  readonly began: number;
  readonly ended: number;
  readonly end_reason: EndReason;
}

/**
 * Walks along the index of sessions that are not marked. An index of the time at which each will have timed out would
 * find them at once, and cost every use of every session a write.
 */
@Injectable()
export class PostgresExpiredSessions extends ExpiredSessions {
  private stretch = usualStretch;

  constructor(private readonly database: Database) {
    super();
  }

  /** For tests: shorter stretches. */
  static inStretchesOf(database: Database, stretch: number): PostgresExpiredSessions {
    return Object.assign(new PostgresExpiredSessions(database), { stretch });
  }

  async mark({ after, before }: ExpiryStretch, limit: number) {
    const from = after ?? nobody;
    const { condition, end } = await unmarkedBehind(this.database, from, this.stretch);
    const rows = await this.database.rows<Row>(sql`
      update ${sessionsTable} set
        ended_at = least(idle_expires_at, expires_at),
        end_reason = case when idle_expires_at < expires_at then 'expired_idle' else 'expired_absolute' end
      where ended_at is null and id in (
        select id from ${sessionsTable}
        where ${condition} and least(idle_expires_at, expires_at) < ${instant(before)}
        limit ${limit} for no key update skip locked)
      returning id, user_id, end_reason, ${millis(sql`created_at`)} as began,
        ${millis(sql`ended_at`)} as ended`);
    // A full stretch may hold more of them.
    return { marked: rows.map(toExpired), next: rows.length === limit ? from : end };
  }
}

function toExpired(row: Row): ExpiredSession {
  return {
    id: row.id,
    userId: row.user_id,
    beganAt: new Date(Math.round(row.began)),
    end: { at: new Date(Math.round(row.ended)), reason: row.end_reason },
  };
}
