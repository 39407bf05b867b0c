import { Injectable } from '@nestjs/common';
import { BulkEndRepository } from '../domain/bulk-end.js';
import { SessionRepository } from '../domain/session-repository.js';
import { ShareRepository } from '../domain/share.js';

/** Forgets sessions, and what refers to them, for good; apart from the authority, so that a process without a feed can do it. */
@Injectable()
export class SessionPurge {
  constructor(
    private readonly repository: SessionRepository,
    private readonly links: ShareRepository,
    private readonly orders: BulkEndRepository,
  ) {}

  /** Removes up to `limit` sessions that nobody needs to be told about any more; returns how many. */
  sessions(before: Date, limit: number): Promise<number> {
    return this.repository.purge(before, limit);
  }

  /** The same with links by which sessions were shared. */
  shares(before: Date, limit: number): Promise<number> {
    return this.links.purge(before, limit);
  }

  /** The same with orders to end many. */
  bulkEnds(before: Date, limit: number): Promise<number> {
    return this.orders.purge(before, limit);
  }
}
