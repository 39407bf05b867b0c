/** What is stored of each kind; a text that differs as soon as any row of the kind was added, changed or removed. */
export interface Fingerprints {
  readonly keys: string;
  readonly clients: string;
}

/** Tells an instance that keys or clients were changed, by whatever instance or command. */
export abstract class ChangeSource {
  /** Rejects with StoreUnavailableError if the primary does not answer in time. */
  abstract fingerprints(): Promise<Fingerprints>;
  /** Called when something has probably changed. Missing calls cost a second, nothing else. */
  abstract onHint(listener: () => void): void;
  abstract close(): Promise<void>;
}
