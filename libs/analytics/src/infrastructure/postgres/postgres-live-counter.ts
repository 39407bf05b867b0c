import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { type SQL, sql } from 'drizzle-orm';
import { type LiveCount, LiveCounter } from '../../domain/live-counter.js';

/** Sessions that one statement looks at; these take some 20 ms. */
const usualStretch = 20_000;

const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * Walks along the index of sessions that are not marked as ended, user by user, so that those of one user are in one
 * stretch and users need not be remembered.
 */
@Injectable()
export class PostgresLiveCounter extends LiveCounter {
  private stretch = usualStretch;

  constructor(private readonly database: Database) {
    super();
  }

  /** For tests: shorter stretches. */
  static inStretchesOf(database: Database, stretch: number): PostgresLiveCounter {
    return Object.assign(new PostgresLiveCounter(database), { stretch });
  }

  count(now: Date): Promise<LiveCount> {
    return this.countBehind(nobody, now);
  }

  private async countBehind(user: string, now: Date): Promise<LiveCount> {
    const end = await this.endOfStretch(user);
    const upToEnd = end === null ? sql`` : sql`and user_id <= ${end}::uuid`;
    const [found] = await this.rows<LiveCount>(sql`
      select count(*)::int as sessions, count(distinct user_id)::int as users from sessions
      where ended_at is null and user_id > ${user}::uuid ${upToEnd}
        and expires_at > ${now.toISOString()}::timestamptz and idle_expires_at > ${now.toISOString()}::timestamptz`);
    if (end === null) return found!;
    const rest = await this.countBehind(end, now);
    return { sessions: found!.sessions + rest.sessions, users: found!.users + rest.users };
  }

  /** Null: it is the last one. */
  private async endOfStretch(after: string): Promise<string | null> {
    const [row] = await this.rows<{ user: string }>(sql`
      select user_id as user from sessions where ended_at is null and user_id > ${after}::uuid
      order by user_id limit 1 offset ${this.stretch - 1}`);
    return row?.user ?? null;
  }

  private async rows<Row>(statement: SQL): Promise<Row[]> {
    const result = await this.database.query((orm) => orm.execute(statement));
    return (result as { rows: Row[] }).rows;
  }
}
