import type { SessionId } from '@app/kernel';
import type { Standing } from './principal.js';

/** Reads everything a session check needs in one indexed statement on the primary, never on a replica. */
export abstract class StandingReader {
  /** Null for an unknown session. Rejects with StoreUnavailableError within 0.9 s if the store cannot answer. */
  abstract read(sessionId: SessionId): Promise<Standing | null>;
}
