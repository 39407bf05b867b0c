import { Clock } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { type Micros, microsPerMs } from '../../domain/algorithm.js';
import { LocalLimiterStore } from '../../domain/limiter-store.js';
import type { Claim, Verdict } from '../../domain/rule.js';
import { judge, lifeMicros, penalise, reward, type Standing } from '../../domain/standing.js';

/** About 30 MB when every place is taken by a full log of ten. */
const maxSubjects = 100_000;

interface Place {
  readonly standing: Standing;
  readonly endsAt: Micros;
}

/**
 * Standings in this process. When all places are taken the subject seen longest ago loses its own: whoever can
 * afford a hundred thousand addresses is not stopped by counting them.
 */
@Injectable()
export class MemoryLimiterStore extends LocalLimiterStore {
  /** In the order of their last use. */
  private readonly places = new Map<string, Place>();

  constructor(private readonly clock: Clock) {
    super();
  }

  get size(): number {
    return this.places.size;
  }

  async consume(claims: readonly Claim[]): Promise<Verdict[]> {
    const now = this.now();
    const judgements = claims.map((claim) => judge(claim.rule, this.find(claim), now, claim.cost));
    const isAllowed = judgements.every(({ verdict }) => verdict.isAllowed);
    for (const [index, { verdict, after }] of judgements.entries()) {
      if (isAllowed || !verdict.isAllowed) this.keep(claims[index]!, after, now);
    }
    return judgements.map(({ verdict }, index) => {
      const isReturned = verdict.isAllowed && !isAllowed;
      return isReturned ? { ...verdict, remaining: verdict.remaining + claims[index]!.cost } : verdict;
    });
  }

  async check(claims: readonly Claim[]): Promise<Verdict[]> {
    const now = this.now();
    return claims.map((claim) => judge(claim.rule, this.find(claim), now, claim.cost).verdict);
  }

  async penalise(claim: Claim): Promise<void> {
    const now = this.now();
    this.keep(claim, penalise(claim.rule, this.find(claim), now, claim.cost), now);
  }

  async reward(claim: Claim): Promise<void> {
    const now = this.now();
    this.keep(claim, reward(claim.rule, this.find(claim), now, claim.cost), now);
  }

  async reset(of: Pick<Claim, 'policy' | 'subject'>): Promise<void> {
    this.places.delete(nameOf(of));
  }

  /** The clock that never jumps: nobody else has to agree with it. */
  private now(): Micros {
    return Math.floor(this.clock.monotonicMs() * microsPerMs);
  }

  private find(of: Pick<Claim, 'policy' | 'subject'>): Standing | null {
    const place = this.places.get(nameOf(of));
    return place && place.endsAt > this.now() ? place.standing : null;
  }

  private keep(claim: Claim, standing: Standing, now: Micros): void {
    const name = nameOf(claim);
    const life = lifeMicros(claim.rule, standing, now);
    this.places.delete(name);
    if (life <= 0) return;
    if (this.places.size >= maxSubjects) this.places.delete(this.places.keys().next().value!);
    this.places.set(name, { standing, endsAt: now + life });
  }
}

function nameOf({ policy, subject }: Pick<Claim, 'policy' | 'subject'>): string {
  return `${policy}:${subject}`;
}
