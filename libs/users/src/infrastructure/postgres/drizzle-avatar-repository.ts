import type { UserId } from '@app/kernel';
import { Database } from '@app/postgres';
import { Injectable } from '@nestjs/common';
import { eq, ne } from 'drizzle-orm';
import { type Avatar, AvatarRepository } from '../../domain/avatar.js';
import { avatarsTable } from './avatars.table.js';

@Injectable()
export class DrizzleAvatarRepository extends AvatarRepository {
  constructor(private readonly database: Database) {
    super();
  }

  async put(userId: UserId, { hash, image }: Avatar, at: Date): Promise<boolean> {
    const values = { hash, image, createdAt: at };
    const rows = await this.database.query((orm) =>
      orm
        .insert(avatarsTable)
        .values({ userId, ...values })
        .onConflictDoUpdate({
          target: avatarsTable.userId,
          set: values,
          setWhere: ne(avatarsTable.hash, hash),
        })
        .returning({ userId: avatarsTable.userId }),
    );
    return rows.length > 0;
  }

  async remove(userId: UserId): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .delete(avatarsTable)
        .where(eq(avatarsTable.userId, userId))
        .returning({ userId: avatarsTable.userId }),
    );
    return rows.length > 0;
  }

  async find(by: { readonly hash: string } | { readonly userId: UserId }): Promise<Avatar | null> {
    const { userId, hash, image } = avatarsTable;
    const rows = await this.database.query((orm) =>
      orm
        .select({ hash, image })
        .from(avatarsTable)
        .where('hash' in by ? eq(hash, by.hash) : eq(userId, by.userId)),
    );
    return rows[0] ?? null;
  }

  async hashOf(userId: UserId): Promise<string | null> {
    const rows = await this.database.query((orm) =>
      orm.select({ hash: avatarsTable.hash }).from(avatarsTable).where(eq(avatarsTable.userId, userId)),
    );
    return rows[0]?.hash ?? null;
  }
}
