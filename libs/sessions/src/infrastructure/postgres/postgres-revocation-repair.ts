import { Clock, type SessionId, type TokenId, type UserId } from '@app/kernel';
import { EventLog } from '@app/event-log';
import { Database, instant, millis } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { sql } from 'drizzle-orm';
import { type RememberedRevocations, RevocationRepair } from '../../domain/coherence/revocation-repair.js';
import { sessionsTable } from './sessions.table.js';

/** Milliseconds; longer than any access token lives, and when a remembered one ends is not worth knowing. */
const tokenLifeMs = 60 * 60_000;

interface EndedRow {
  readonly id: string;
  readonly user_id: string;
  readonly end_reason: string;
  readonly began_at: number;
}

/** Set-based and conditional: what the new primary already knows is left alone. */
@Injectable()
export class PostgresRevocationRepair extends RevocationRepair {
  constructor(
    private readonly database: Database,
    private readonly events: EventLog,
    private readonly clock: Clock,
  ) {
    super();
  }

  async reassert(remembered: RememberedRevocations): Promise<void> {
    await this.database.run(async () => {
      await this.reassertSessions(remembered);
      await this.reassertGenerations(remembered);
      await this.reassertTokens(remembered);
    });
  }

  private async reassertSessions({ sessions }: RememberedRevocations): Promise<void> {
    if (sessions.length === 0) return;
    const known = JSON.stringify(
      sessions.map(({ id, end }) => ({ id, at: end.at.toISOString(), reason: end.reason })),
    );
    const rows = await this.database.rows<EndedRow>(sql`
      update ${sessionsTable} set ended_at = known.at, end_reason = known.reason
      from jsonb_to_recordset(${known}::jsonb) as known (id text, at timestamptz, reason text)
      where ${sessionsTable.id} = known.id and ${sessionsTable.endedAt} is null
      returning ${sessionsTable.id}, ${sessionsTable.userId}, ${sessionsTable.endReason},
        ${millis(sessionsTable.createdAt)} as began_at`);
    const at = this.clock.now();
    await this.events.append(
      rows.map((row) => ({
        type: 'session.ended',
        userId: row.user_id as never,
        sessionId: row.id as never,
        payload: { reason: row.end_reason, started_at: new Date(row.began_at).toISOString() },
        at,
      })),
    );
  }

  private async reassertGenerations({ generations }: RememberedRevocations): Promise<void> {
    if (generations.length === 0) return;
    const known = JSON.stringify(generations.map(({ userId, gen }) => ({ id: userId, gen })));
    const rows = await this.database.rows<{ id: string; gen: number }>(sql`
      update users set gen = known.gen from jsonb_to_recordset(${known}::jsonb) as known (id uuid, gen bigint)
      where users.id = known.id and users.gen < known.gen
      returning users.id, users.gen::float8 as gen`);
    const at = this.clock.now();
    // Without these, an instance that did not know would go on serving what it has read from the new primary.
    await this.events.append(
      rows.map(({ id, gen }) => ({ type: 'user.sessions_revoked', userId: id as UserId, gen, at })),
    );
  }

  /** Those of sessions that the new primary has not got are dead with their sessions. */
  private async reassertTokens({ tokens }: RememberedRevocations): Promise<void> {
    if (tokens.length === 0) return;
    const at = this.clock.now();
    const expiresAt = new Date(at.getTime() + tokenLifeMs);
    const known = JSON.stringify(tokens.map(({ id, sessionId }) => ({ id, session_id: sessionId })));
    const rows = await this.database.rows<{ jti: string; user_id: string; session_id: string }>(sql`
      insert into revoked_tokens (jti, user_id, session_id, expires_at)
      select known.id, sessions.user_id, sessions.id, ${instant(expiresAt)}
      from jsonb_to_recordset(${known}::jsonb) as known (id text, session_id text)
      join sessions on sessions.id = known.session_id
      on conflict do nothing
      returning jti, user_id, session_id`);
    await this.events.append(
      rows.map((row) => ({
        type: 'token.revoked',
        userId: row.user_id as UserId,
        sessionId: row.session_id as SessionId,
        tokenId: row.jti as TokenId,
        at,
      })),
    );
  }
}
