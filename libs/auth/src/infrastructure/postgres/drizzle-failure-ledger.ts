import { UnitOfWork, type UserId } from '@app/kernel';
import { Database, instant } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, desc, gt, inArray, isNotNull, max, sql } from 'drizzle-orm';
import { FailureLedger, type LedgerEntry } from '../../domain/protection/failure-ledger.js';
import type { FailureRecord } from '../../domain/protection/failures.js';
import { signInFailuresTable as failures } from './protection.table.js';

/** Rows removed at once. */
const purgeChunk = 5_000;

/** Rolls a unit of work back in which not every entry could be counted. */
class OvertakenError extends Error {}

@Injectable()
export class DrizzleFailureLedger extends FailureLedger {
  constructor(
    private readonly database: Database,
    private readonly work: UnitOfWork,
  ) {
    super();
  }

  async read(subjects: readonly string[]): Promise<Map<string, FailureRecord>> {
    const rows = await this.database.query((orm) =>
      orm
        .select()
        .from(failures)
        .where(inArray(failures.subject, [...subjects])),
    );
    return new Map(
      rows.map(({ subject, failures: count, waitUntil, forgottenAt }) => [
        subject,
        { failures: count, waitUntil: waitUntil.getTime(), forgottenAt: forgottenAt.getTime() },
      ]),
    );
  }

  async count(entries: readonly LedgerEntry[], now: Date): Promise<boolean> {
    try {
      await this.work.run(async () => {
        if ((await this.store(entries, now)) < entries.length) throw new OvertakenError();
      });
      return true;
    } catch (error) {
      if (error instanceof OvertakenError) return false;
      throw error;
    }
  }

  async takeBack(before: readonly LedgerEntry[]): Promise<void> {
    const rows = JSON.stringify(before.map((entry) => rowOf(entry)));
    await this.database.rows(sql`
      update ${failures} as stored
      set failures = before.failures, wait_until = before.wait_until, forgotten_at = before.forgotten_at
      from jsonb_to_recordset(${rows}::jsonb) as before
        (subject text, failures int, wait_until timestamptz, forgotten_at timestamptz)
      where stored.subject = before.subject and stored.failures = before.failures + 1`);
  }

  async forgive(subjects: readonly string[]): Promise<void> {
    await this.database.query((orm) => orm.delete(failures).where(inArray(failures.subject, [...subjects])));
  }

  async forgiveAccounts(accounts: readonly string[]): Promise<void> {
    await this.database.query((orm) => orm.delete(failures).where(inArray(failures.account, [...accounts])));
  }

  async waitsOf(accounts: readonly string[], now: Date): Promise<Map<string, Date>> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ account: failures.account, until: max(failures.waitUntil) })
        .from(failures)
        .where(and(inArray(failures.account, [...accounts]), gt(failures.waitUntil, now)))
        .groupBy(failures.account),
    );
    return new Map(rows.map(({ account, until }) => [account, until!]));
  }

  async usersWaiting(now: Date, limit: number): Promise<UserId[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ userId: failures.userId })
        .from(failures)
        .where(and(isNotNull(failures.userId), gt(failures.waitUntil, now)))
        .groupBy(failures.userId)
        .orderBy(desc(max(failures.waitUntil)))
        .limit(limit),
    );
    return rows.map(({ userId }) => userId as UserId);
  }

  async purge(now: Date): Promise<void> {
    await this.database.rows(sql`
      delete from ${failures} where subject in
        (select subject from ${failures} where forgotten_at <= ${instant(now)} limit ${purgeChunk})`);
  }

  /** In the order of subjects, so that two attempts never wait for each other. */
  private async store(entries: readonly LedgerEntry[], now: Date): Promise<number> {
    const rows = JSON.stringify(entries.map((entry) => rowOf(entry)));
    const stored = await this.database.rows(sql`
      insert into ${failures} as stored (subject, account, user_id, failures, wait_until, forgotten_at)
      select * from jsonb_to_recordset(${rows}::jsonb) as entry
        (subject text, account text, user_id uuid, failures int, wait_until timestamptz, forgotten_at timestamptz)
      order by subject
      on conflict (subject) do update
        set user_id = excluded.user_id, failures = excluded.failures, wait_until = excluded.wait_until, forgotten_at = excluded.forgotten_at
        where stored.failures = excluded.failures - 1 and stored.forgotten_at > ${instant(now)}
           or excluded.failures = 1 and stored.forgotten_at <= ${instant(now)}
      returning subject`);
    return stored.length;
  }
}

function rowOf({ subject, account, userId, record }: LedgerEntry): Record<string, unknown> {
  return {
    subject,
    account,
    user_id: userId,
    failures: record.failures,
    wait_until: new Date(record.waitUntil).toISOString(),
    forgotten_at: new Date(record.forgottenAt).toISOString(),
  };
}
