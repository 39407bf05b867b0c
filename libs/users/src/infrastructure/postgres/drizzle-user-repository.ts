import type { UserId } from '@app/kernel';
import { Database, preparedOnce, violatedUnique } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { and, eq, isNull, type SQL, sql } from 'drizzle-orm';
import {
  type LoginName,
  normalizeEmail,
  normalizeUsername,
  type Role,
  type User,
  type UserCredentials,
} from '../../domain/user.js';
import { type NewUser, type UserChange, UserRepository } from '../../domain/user-repository.js';
import { EmailTakenError, UsernameTakenError } from '../../domain/users.errors.js';
import { usersTable } from './users.table.js';

type UserRow = typeof usersTable.$inferSelect;

const isThatOne = eq(usersTable.id, sql.placeholder('id'));

const lock = preparedOnce((orm) =>
  orm.select().from(usersTable).where(isThatOne).for('update').prepare('users_lock'),
);

const recordLogin = preparedOnce((orm) =>
  orm
    .update(usersTable)
    .set({ lastLoginAt: sql`${sql.placeholder('at')}::timestamptz` })
    .where(isThatOne)
    .prepare('users_record_login'),
);

@Injectable()
export class DrizzleUserRepository extends UserRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async insert(user: NewUser): Promise<User> {
    const values = {
      ...user,
      emailNormalized: normalizeEmail(user.email),
      usernameNormalized: user.username && normalizeUsername(user.username),
      updatedAt: user.createdAt,
    };
    const rows = await refusingTaken(() =>
      this.database.query((orm) => orm.insert(usersTable).values(values).returning()),
    );
    return toUser(rows[0]!);
  }

  async update(id: UserId, { email, username, fullName }: UserChange, at: Date): Promise<User> {
    const values = {
      ...(email !== undefined && { email, emailNormalized: normalizeEmail(email) }),
      ...(username !== undefined && {
        username,
        usernameNormalized: username && normalizeUsername(username),
      }),
      ...(fullName !== undefined && { fullName }),
      updatedAt: at,
    };
    const rows = await refusingTaken(() =>
      this.database.query((orm) =>
        orm.update(usersTable).set(values).where(eq(usersTable.id, id)).returning(),
      ),
    );
    return toUser(rows[0]!);
  }

  async find(id: UserId): Promise<User | null> {
    return (await this.findCredentials({ id }))?.user ?? null;
  }

  async findCredentials(login: LoginName | { readonly id: UserId }): Promise<UserCredentials | null> {
    const rows = await this.database.query((orm) => orm.select().from(usersTable).where(isNamed(login)));
    return toCredentials(rows[0]);
  }

  async lock(id: UserId): Promise<UserCredentials | null> {
    const rows = await this.database.query((orm) => lock(orm).execute({ id }));
    return toCredentials(rows[0]);
  }

  async nextGeneration(id: UserId, at: Date): Promise<number> {
    const rows = await this.database.query((orm) =>
      orm
        .update(usersTable)
        .set({ gen: sql`${usersTable.gen} + 1`, updatedAt: at })
        .where(eq(usersTable.id, id))
        .returning({ gen: usersTable.gen }),
    );
    return rows[0]!.gen;
  }

  async recordLogin(id: UserId, at: Date): Promise<void> {
    await this.database.query((orm) => recordLogin(orm).execute({ id, at: at.toISOString() }));
  }

  async replacePasswordHash(id: UserId, hash: { expected: string; replacement: string }): Promise<void> {
    await this.database.query((orm) =>
      orm
        .update(usersTable)
        .set({ passwordHash: hash.replacement })
        .where(and(eq(usersTable.id, id), eq(usersTable.passwordHash, hash.expected))),
    );
  }

  async setDisabled(id: UserId, disabledAt: Date | null, at: Date): Promise<void> {
    await this.database.query((orm) =>
      orm.update(usersTable).set({ disabledAt, updatedAt: at }).where(eq(usersTable.id, id)),
    );
  }

  async setRole(id: UserId, role: Role, at: Date): Promise<void> {
    await this.database.query((orm) =>
      orm.update(usersTable).set({ role, updatedAt: at }).where(eq(usersTable.id, id)),
    );
  }

  async setPasswordChangeRequired(id: UserId, since: Date | null): Promise<void> {
    await this.database.query((orm) =>
      orm.update(usersTable).set({ passwordChangeRequiredAt: since }).where(eq(usersTable.id, id)),
    );
  }

  async lockAdministrators(): Promise<UserId[]> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ id: usersTable.id })
        .from(usersTable)
        .where(and(eq(usersTable.role, 'admin'), isNull(usersTable.disabledAt)))
        .orderBy(usersTable.id)
        .for('update'),
    );
    return rows.map(({ id }) => id as UserId);
  }

  async hasAdministrator(): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm.select({ id: usersTable.id }).from(usersTable).where(eq(usersTable.role, 'admin')).limit(1),
    );
    return rows.length > 0;
  }
}

async function refusingTaken<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const constraint = violatedUnique(error);
    if (constraint === 'users_email_unique') throw new EmailTakenError();
    if (constraint === 'users_username_unique') throw new UsernameTakenError();
    throw error;
  }
}

function isNamed(login: LoginName | { readonly id: UserId }): SQL {
  if ('id' in login) return eq(usersTable.id, login.id);
  return 'email' in login
    ? eq(usersTable.emailNormalized, normalizeEmail(login.email))
    : eq(usersTable.usernameNormalized, normalizeUsername(login.username));
}

function toCredentials(row: UserRow | undefined): UserCredentials | null {
  return row ? { user: toUser(row), passwordHash: row.passwordHash } : null;
}

export function toUser(row: UserRow): User {
  return {
    id: row.id as UserId,
    email: row.email,
    username: row.username,
    fullName: row.fullName,
    role: row.role,
    gen: row.gen,
    disabledAt: row.disabledAt,
    passwordChangeRequiredAt: row.passwordChangeRequiredAt,
    createdAt: row.createdAt,
    lastLoginAt: row.lastLoginAt,
  };
}
