import { Clock, StoreUnavailableError } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { FleetSize } from '../domain/fleet-size.js';
import { LocalLimiterStore, SharedLimiterStore } from '../domain/limiter-store.js';
import { shareOf } from '../domain/policies.js';
import type { Claim, Rule, Verdict } from '../domain/rule.js';
import { RememberedRefusals } from './remembered-refusals.js';
import { SubjectDigests } from './subject-digests.js';
import { type Offender, ViolationSample } from './violation-sample.js';

/** What a caller asks: in its own words, which are turned into a digest here. */
export interface Asking {
  readonly policy: string;
  /** E.g. `address:203.0.113.7`. */
  readonly subject: string;
  readonly rule: Rule;
  readonly cost?: number;
}

/**
 * The limits of all instances together; while the shared store is away, those of this one. Never rejects because
 * of a store, and never refuses because of one.
 */
@Injectable()
export class RateLimits {
  private readonly refusals: RememberedRefusals;

  constructor(
    private readonly shared: SharedLimiterStore,
    private readonly local: LocalLimiterStore,
    private readonly fleet: FleetSize,
    private readonly digests: SubjectDigests,
    private readonly sample: ViolationSample,
    private readonly metrics: Metrics,
    clock: Clock,
  ) {
    this.refusals = new RememberedRefusals(clock);
    metrics.gauge('rollcall_rate_limit_local', '1 while this instance limits alone', () =>
      Number(!shared.isUsable),
    );
  }

  claim({ policy, subject, rule, cost = 1 }: Asking): Claim {
    return { policy, subject: this.digests.of(subject), rule, cost };
  }

  /**
   * The refusals that are known without asking anybody, each in the place of its claim; null if there are none. In one
   * synchronous step, so that a flood starts no work at all.
   */
  recall(claims: readonly Claim[], by: Offender): readonly (Verdict | null)[] | null {
    if (this.refusals.isEmpty) return null;
    const found = claims.map((claim) => this.refusals.find(claim));
    if (found.every((verdict) => verdict === null)) return null;
    this.note(claims, found, by);
    return found;
  }

  /** Takes the units if every claim is allowed, else none. One verdict per claim, in order. */
  async consume(claims: readonly Claim[], by: Offender): Promise<readonly Verdict[]> {
    const shared = this.shared.isUsable ? await this.shared.consume(claims).catch(unlessAway) : null;
    if (shared) this.keepRefusals(claims, shared);
    const verdicts = shared ?? (await this.consumeHere(claims));
    this.note(claims, verdicts, by);
    return verdicts;
  }

  /** What `consume` would say now. */
  check(claims: readonly Claim[]): Promise<Verdict[]> {
    return this.ask(
      () => this.shared.check(claims),
      () => this.local.check(this.shares(claims)),
    );
  }

  /** How things stand, without a request. */
  async peek(claim: Claim): Promise<Verdict> {
    return (await this.check([{ ...claim, cost: 0 }]))[0]!;
  }

  penalise(claim: Claim): Promise<void> {
    return this.ask(
      () => this.shared.penalise(claim),
      () => this.local.penalise(this.share(claim)),
    );
  }

  async reward(claim: Claim): Promise<void> {
    this.refusals.forget(claim);
    await this.ask(
      () => this.shared.reward(claim),
      () => this.local.reward(this.share(claim)),
    );
  }

  /**
   * Other instances believe a refusal for another minute at most. False if the shared store could not be reached: then
   * it holds for this instance, and what others count by themselves meanwhile stays.
   */
  async reset(claim: Pick<Claim, 'policy' | 'subject'>): Promise<boolean> {
    this.refusals.forget(claim);
    await this.local.reset(claim);
    return this.ask(
      () => this.shared.reset(claim).then(() => true),
      async () => false,
    );
  }

  /** A command that failed may have been counted; asking here as well costs the caller nothing but accuracy. */
  private async ask<T>(ofAll: () => Promise<T>, ofThis: () => Promise<T>): Promise<T> {
    if (!this.shared.isUsable) return ofThis();
    return ofAll().catch((error: unknown) => unlessAway(error) ?? ofThis());
  }

  private consumeHere(claims: readonly Claim[]): Promise<Verdict[]> {
    this.metrics.rateLimitFallbacks.inc();
    return this.local.consume(this.shares(claims));
  }

  private shares(claims: readonly Claim[]): Claim[] {
    return claims.map((claim) => this.share(claim));
  }

  private share(claim: Claim): Claim {
    const { instances } = this.fleet;
    return instances === 1 ? claim : { ...claim, rule: shareOf(claim.rule, instances) };
  }

  /** So that a flood asks nobody again. */
  private keepRefusals(claims: readonly Claim[], verdicts: readonly Verdict[]): void {
    for (let index = 0; index < verdicts.length; index += 1) {
      const verdict = verdicts[index]!;
      if (!verdict.isAllowed) this.refusals.keep(claims[index]!, verdict);
    }
  }

  private note(claims: readonly Claim[], verdicts: readonly (Verdict | null)[], by: Offender): void {
    for (let index = 0; index < verdicts.length; index += 1) {
      const verdict = verdicts[index];
      if (!verdict) continue;
      const { policy, subject } = claims[index]!;
      this.metrics.rateLimits.inc(policy, verdict.isAllowed ? 'allowed' : 'refused');
      if (!verdict.isAllowed) this.sample.note(policy, subject, by);
    }
  }
}

/** Null if the store could not be asked; whatever else went wrong is thrown on. */
function unlessAway(error: unknown): null {
  if (error instanceof StoreUnavailableError) return null;
  throw error;
}
