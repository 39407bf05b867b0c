import { Injectable } from '@nestjs/common';
import { SessionRepository } from '../domain/session-repository.js';

/** Forgets sessions for good; apart from the authority, so that a process without a feed can do it. */
@Injectable()
export class SessionPurge {
  constructor(private readonly sessions: SessionRepository) {}

  /** Removes up to `limit` sessions that nobody needs to be told about any more; returns how many. */
  run(before: Date, limit: number): Promise<number> {
    return this.sessions.purge(before, limit);
  }
}
