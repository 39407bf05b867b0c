import type { UserId } from '@app/kernel';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, desc, eq, inArray, isNotNull, isNull, like, lt, or, type SQL, sql } from 'drizzle-orm';
import { normalizeEmail, normalizeUsername, type User } from '../../domain/user.js';
import { UserDirectory, type UserSearch } from '../../domain/user-directory.js';
import { toUser } from './drizzle-user-repository.js';
import { usersTable } from './users.table.js';

const wholeId = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

@Injectable()
export class DrizzleUserDirectory extends UserDirectory {
  constructor(private readonly database: Database) {
    super();
  }

  /**
   * A beginning that few share is found by three index look-ups and sorted; for one that many share the rows are read
   * newest first until the page is full. Which of the two is the planner's choice.
   */
  async search(of: UserSearch, { size, after }: { size: number; after: UserId | null }): Promise<User[]> {
    const { id, role } = usersTable;
    const rows = await this.database.query((orm) =>
      orm
        .select()
        .from(usersTable)
        .where(
          and(
            of.text === null ? undefined : isNamedLike(of.text),
            of.role === null ? undefined : eq(role, of.role),
            of.state === null ? undefined : isIn(of.state),
            of.among === null ? undefined : inArray(id, [...of.among]),
            after === null ? undefined : lt(id, after),
          ),
        )
        .orderBy(desc(id))
        .limit(size),
    );
    return rows.map(toUser);
  }

  async emailsOf(ids: readonly UserId[]): Promise<Map<UserId, string>> {
    const { id, email } = usersTable;
    const rows = await this.database.query((orm) =>
      orm
        .select({ id, email })
        .from(usersTable)
        .where(inArray(id, [...new Set(ids)])),
    );
    return new Map(rows.map((row) => [row.id as UserId, row.email]));
  }
}

function isIn(state: 'active' | 'disabled'): SQL {
  return state === 'active' ? isNull(usersTable.disabledAt) : isNotNull(usersTable.disabledAt);
}

function isNamedLike(text: string): SQL | undefined {
  const { id, emailNormalized, usernameNormalized, fullName } = usersTable;
  if (wholeId.test(text)) return eq(id, text);
  return or(
    like(emailNormalized, beginning(normalizeEmail(text))),
    like(usernameNormalized, beginning(normalizeUsername(text))),
    sql`lower(${fullName}) like lower(${beginning(text)})`,
  );
}

/** Nothing that is typed is a wildcard. */
function beginning(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
