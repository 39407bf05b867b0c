import type { Spendable } from '../single-use.js';

/** What a proof counts for, and for nothing else. */
export interface ProofBinding {
  readonly action: 'signin';
  /** Digest of the account name. */
  readonly account: string;
}

/** As the ALTCHA widget takes it; its members are the library's affair. */
export type Challenge = Readonly<Record<string, unknown>>;

/** Challenges that cost a client work to answer and the server next to nothing to check. */
export abstract class ProofOfWork {
  abstract issue(binding: ProofBinding, bits: number): Promise<Challenge>;
  /** Null if it is no answer to a challenge of ours that binds so, demands so much and has not expired. */
  abstract check(answer: string, binding: ProofBinding, bits: number): Promise<Spendable | null>;
}
