import { Injectable } from '@nestjs/common';
import { type Challenge, type ProofBinding, ProofOfWork } from '../domain/protection/proof-of-work.js';
import { SingleUse } from '../domain/single-use.js';

/** Proof-of-work challenges, each good for one attempt. */
@Injectable()
export class Challenges {
  constructor(
    private readonly work: ProofOfWork,
    private readonly spent: SingleUse,
  ) {}

  issue(binding: ProofBinding, bits: number): Promise<Challenge> {
    return this.work.issue(binding, bits);
  }

  /** True once per challenge, if the answer is right; of parallel attempts one wins. */
  async redeem(answer: string, binding: ProofBinding, bits: number): Promise<boolean> {
    const proof = await this.work.check(answer, binding, bits);
    return proof !== null && this.spent.spend(proof);
  }
}
