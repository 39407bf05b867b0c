import type { Claim, Verdict } from './rule.js';

/**
 * Where standings are kept. Every call is atomic: of any number of parallel requests exactly as many pass as the
 * rules admit. Rejects with StoreUnavailableError when it cannot tell; that is never a refusal.
 */
export abstract class LimiterStore {
  /**
   * One verdict per claim, in order. Units are taken only if every claim is allowed, so a request that is refused
   * by one policy costs nothing in the others.
   */
  abstract consume(claims: readonly Claim[]): Promise<Verdict[]>;
  /** What `consume` would say now; takes nothing and starts no block. With cost 0 it tells how things stand. */
  abstract check(claims: readonly Claim[]): Promise<Verdict[]>;
  /** Takes the units whether or not they fit. */
  abstract penalise(claim: Claim): Promise<void>;
  /** Gives units back; never more than were taken. */
  abstract reward(claim: Claim): Promise<void>;
  /** Forgets count and block. */
  abstract reset(of: Pick<Claim, 'policy' | 'subject'>): Promise<void>;
}

/** The store of all instances. */
export abstract class SharedLimiterStore extends LimiterStore {
  /** True while it is worth asking. */
  abstract readonly isUsable: boolean;
}

/** The store of this process alone, which always answers. */
export abstract class LocalLimiterStore extends LimiterStore {}
