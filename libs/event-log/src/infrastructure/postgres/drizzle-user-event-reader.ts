import type { UserId } from '@app/kernel';
import { Database, preparedOnce } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, count, desc, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import type { EventType } from '../../domain/event.js';
import { type UserEvent, UserEventReader } from '../../domain/user-event-reader.js';
import { eventLogTable } from './event-log.table.js';

const { id, type, userId: owner, sessionId, payload, createdAt } = eventLogTable;

const countOfType = preparedOnce((orm) =>
  orm
    .select({ events: count() })
    .from(eventLogTable)
    .where(
      and(
        eq(owner, sql.placeholder('owner')),
        eq(type, sql.placeholder('type')),
        gte(createdAt, sql`${sql.placeholder('since')}::timestamptz`),
      ),
    )
    .prepare('event_log_count'),
);

@Injectable()
export class DrizzleUserEventReader extends UserEventReader {
  constructor(private readonly database: Database) {
    super();
  }

  async list(
    userId: UserId,
    { types, size, before }: { types: readonly EventType[] | null; size: number; before: number | null },
  ): Promise<UserEvent[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ id, type, sessionId, payload, at: createdAt })
        .from(eventLogTable)
        .where(
          and(
            eq(owner, userId),
            types === null ? undefined : inArray(type, [...types]),
            before === null ? undefined : lt(id, before),
          ),
        )
        .orderBy(desc(id))
        .limit(size),
    );
    return rows.map((row) => ({ ...row, type: row.type as EventType }));
  }

  async count(userId: UserId, of: { type: EventType; since: Date }): Promise<number> {
    const values = { owner: userId, type: of.type, since: of.since.toISOString() };
    const rows = await this.database.query((orm) => countOfType(orm).execute(values));
    return rows[0]?.events ?? 0;
  }
}
