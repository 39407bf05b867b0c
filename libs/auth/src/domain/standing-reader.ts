import type { SessionId } from '@app/kernel';
import type { Standing } from './principal.js';

/** Reads everything a session check needs in one indexed statement on the primary, never on a replica. */
export abstract class StandingReader {
  /** Null for an unknown session. Rejects with StoreUnavailableError within 0.7 s if the store cannot answer, or twice that in a busy process. */
  abstract read(sessionId: SessionId): Promise<Standing | null>;
}
