/**
 * One long-lived connection for reading the event log, apart from all pools: neither a flood of requests nor a
 * slow write can delay it. It also hears NOTIFY, which is only a hint; asking is what counts, because a
 * half-open connection is silent (pg-boss#850).
 */
export abstract class FeedLink {
  /** Rejects within 0.7 s if the server does not answer; the next call connects anew. */
  abstract rows<Row>(statement: string, parameters: readonly unknown[]): Promise<Row[]>;
  /** Called for each notification heard while connected. */
  abstract onHint(listener: () => void): void;
  abstract close(): Promise<void>;
}
