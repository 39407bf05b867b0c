import type { AgentBinding } from '@app/config';
import { Clock, type SessionId, type TokenId, type UserId } from '@app/kernel';
import { Database, type Orm } from '@app/postgres';
import { type Device, type SessionProfile, sessionsTable, toSessionEnd } from '@app/sessions';
import { revokedTokensTable } from '@app/tokens';
import { usersTable } from '@app/users';
import { Inject, Injectable } from '@nestjs/common';
import { eq, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { agentDigest } from '../../application/agent.js';
import { agentBindingToken } from '../../auth.config.js';
import type { Standing } from '../../domain/principal.js';
import { StandingReader } from '../../domain/standing-reader.js';

/** Of a shared session; the join costs a look-up only where there is one. */
const parent = alias(sessionsTable, 'parent');

/**
 * Three index look-ups in one statement, prepared once per connection: planning it anew costs about four
 * times as much as running it.
 */
function prepare(orm: Orm) {
  return orm
    .select({
      user: {
        id: usersTable.id,
        email: usersTable.email,
        username: usersTable.username,
        fullName: usersTable.fullName,
        role: usersTable.role,
        gen: usersTable.gen,
        disabledAt: usersTable.disabledAt,
      },
      session: {
        id: sessionsTable.id,
        gen: sessionsTable.gen,
        profile: sessionsTable.profile,
        scope: sessionsTable.scope,
        device: sessionsTable.device,
        createdAt: sessionsTable.createdAt,
        authenticatedAt: sessionsTable.authenticatedAt,
        idleExpiresAt: sessionsTable.idleExpiresAt,
        expiresAt: sessionsTable.expiresAt,
        endedAt: sessionsTable.endedAt,
        endReason: sessionsTable.endReason,
      },
      parent: {
        idleExpiresAt: parent.idleExpiresAt,
        expiresAt: parent.expiresAt,
        endedAt: parent.endedAt,
        endReason: parent.endReason,
      },
      revokedTokens: sql<string[]>`array(
        select ${revokedTokensTable.jti} from ${revokedTokensTable}
        where ${revokedTokensTable.sessionId} = ${sql.placeholder('sessionId')}
          and ${revokedTokensTable.expiresAt} > ${sql.placeholder('now')}::timestamptz
      )`,
    })
    .from(sessionsTable)
    .innerJoin(usersTable, eq(usersTable.id, sessionsTable.userId))
    .leftJoin(parent, eq(parent.id, sessionsTable.parentId))
    .where(eq(sessionsTable.id, sql.placeholder('sessionId')))
    .prepare('session_standing');
}

@Injectable()
export class DrizzleStandingReader extends StandingReader {
  private readonly comparesAgents: boolean;
  private statement: ReturnType<typeof prepare> | null = null;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    @Inject(agentBindingToken) binding: AgentBinding,
  ) {
    super();
    this.comparesAgents = binding !== 'off';
  }

  async read(sessionId: SessionId): Promise<Standing | null> {
    const rows = await this.database.check((orm) => {
      this.statement ??= prepare(orm);
      return this.statement.execute({ sessionId, now: this.clock.now().toISOString() });
    });
    const row = rows[0];
    if (!row) return null;
    const { endedAt, endReason, device, ...session } = row.session;
    return {
      user: { ...row.user, id: row.user.id as UserId },
      session: {
        ...session,
        ...(row.parent && withinParent(session, row.parent)),
        id: session.id as SessionId,
        profile: session.profile as SessionProfile,
        agent: this.comparesAgents ? agentDigest(device as Device) : null,
        ended: toSessionEnd({ endedAt, endReason }) ?? toSessionEnd(row.parent ?? nothing),
      },
      revokedTokens: row.revokedTokens as TokenId[],
    };
  }
}

const nothing = { endedAt: null, endReason: null };

/** A share lives no longer than its parent would without use, seen from now; the parent's use moves that. */
function withinParent(
  share: { expiresAt: Date },
  { idleExpiresAt, expiresAt }: { idleExpiresAt: Date; expiresAt: Date },
): { idleExpiresAt: Date; expiresAt: Date } {
  const end = Math.min(share.expiresAt.getTime(), idleExpiresAt.getTime(), expiresAt.getTime());
  return { idleExpiresAt: new Date(end), expiresAt: new Date(end) };
}
