import { Clock, type UserId } from '@app/kernel';
import { Database } from '@app/postgres';
import { SubjectDigests } from '@app/rate-limit';
import { Injectable } from '@nestjs/common';
import { and, eq, gt, inArray, lte } from 'drizzle-orm';
import { KnownDevices, type Whereabouts } from '../../domain/protection/known-devices.js';
import { knownNetworksTable } from './protection.table.js';

/** Milliseconds since the last sign-in there. */
const memoryMs = 30 * 86_400_000;

/** Rows of one sweep; what is over is known to nobody meanwhile, so the rest may wait for the next. */
const purgeChunk = 5_000;

/** Takes a network for a device: where the owner has signed in during the last 30 days, he is known. */
@Injectable()
export class KnownNetworks extends KnownDevices {
  constructor(
    private readonly database: Database,
    private readonly digests: SubjectDigests,
    private readonly clock: Clock,
  ) {
    super();
  }

  async isKnown(at: Whereabouts): Promise<boolean> {
    const rows = await this.database.query((orm) =>
      orm
        .select({ subject: knownNetworksTable.subject })
        .from(knownNetworksTable)
        .where(
          and(
            eq(knownNetworksTable.subject, this.subjectOf(at)),
            gt(knownNetworksTable.expiresAt, this.clock.now()),
          ),
        ),
    );
    return rows.length > 0;
  }

  async remember(at: Whereabouts & { readonly userId: UserId }): Promise<void> {
    const expiresAt = new Date(this.clock.now().getTime() + memoryMs);
    await this.database.query((orm) =>
      orm
        .insert(knownNetworksTable)
        .values({ subject: this.subjectOf(at), expiresAt })
        .onConflictDoUpdate({ target: knownNetworksTable.subject, set: { expiresAt } }),
    );
  }

  async purge(): Promise<void> {
    const { subject, expiresAt } = knownNetworksTable;
    await this.database.query((orm) => {
      const over = orm
        .select({ subject })
        .from(knownNetworksTable)
        .where(lte(expiresAt, this.clock.now()))
        .limit(purgeChunk);
      return orm.delete(knownNetworksTable).where(inArray(subject, over));
    });
  }

  private subjectOf({ userId, network }: Whereabouts): string {
    return this.digests.of(`device:${userId ?? 'nobody'}:${network}`);
  }
}
