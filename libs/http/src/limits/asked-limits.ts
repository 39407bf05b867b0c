import {
  type Asking,
  capacityOf,
  type Claim,
  type Policy,
  type RateLimits,
  type Rule,
  type Ruling,
  widened,
} from '@app/rate-limit';
import { networkOf, type UserId } from '@app/kernel';
import type { FastifyRequest } from 'fastify';
import type { Advertised } from './rate-limit-headers.js';

/** Who asks, as far as can be told before any store is asked. */
export interface Caller {
  readonly address: string;
  /** Of a correctly signed token; whether its session lives is not known yet. */
  readonly userId: UserId | null;
}

interface Asked {
  readonly policy: Policy;
  readonly rule: Rule;
  readonly claim: Claim;
  readonly isAdvertised: boolean;
}

/** All claims of one request. */
export class AskedLimits {
  private readonly asked: Asked[] = [];

  constructor(
    private readonly limits: RateLimits,
    private readonly request: FastifyRequest,
    readonly caller: Caller,
  ) {}

  get claims(): Claim[] {
    return this.asked.map(({ claim }) => claim);
  }

  /** Under a rule that may differ from the policy's own on this route. */
  add(policy: Policy, rule: Rule): void {
    const subject = this.subjectOf(policy);
    if (subject === null) return;
    if (subject !== 'address') {
      this.push(policy, { policy: policy.name, subject, rule }, true);
      return;
    }
    const { narrow, wide } = networkOf(this.caller.address);
    this.push(policy, { policy: policy.name, subject: `address:${narrow}`, rule }, true);
    if (wide === null) return;
    this.push(policy, { policy: policy.name, subject: `network:${wide}`, rule: widened(rule) }, false);
  }

  /** What the client may see; a refusal by the wider network shows as one of the policy. */
  advertised(rulings: readonly Ruling[]): Advertised[] {
    return this.asked
      .filter(({ isAdvertised }) => isAdvertised)
      .map(({ policy, rule, claim }) => {
        const own = rulings.find((ruling) => ruling.claim === claim)?.verdict ?? null;
        const refusal = rulings.find(
          ({ claim: { policy: name }, verdict }) => name === policy.name && !verdict.isAllowed,
        )?.verdict;
        const limit = own?.limit ?? capacityOf(rule);
        return { policy: policy.name, rule, verdict: refusal ? { ...refusal, limit } : own };
      });
  }

  private push(policy: Policy, asking: Asking, isAdvertised: boolean): void {
    this.asked.push({ policy, rule: asking.rule, claim: this.limits.claim(asking), isAdvertised });
  }

  /** Null: the policy does not concern this request. What names no client or sends no header goes by address. */
  private subjectOf({ subject }: Policy): string | null {
    if (subject === 'address') return subject;
    if (subject === 'user') return this.caller.userId && `user:${this.caller.userId}`;
    const header = subject === 'client' ? 'authorization' : subject.slice('header:'.length);
    const value = this.request.headers[header];
    const isUsable = typeof value === 'string' && value !== '';
    // The whole credential, so that nobody uses up the quota of a client whose secret he does not know.
    return isUsable && (subject !== 'client' || /^basic /i.test(value)) ? `${subject}:${value}` : 'address';
  }
}
