import type { BucketLimit, RateLimitConfig, WindowLimit } from '@app/config';
import type { Rule } from './rule.js';

/** Every policy that requests are judged under; `account` counts failures and is kept by libs/auth. */
export type PolicyName = 'global' | 'auth' | 'challenge' | 'user' | 'client';

/** Whose requests are counted together. A `header` is named by the policy. */
export type SubjectKind = 'address' | 'user' | 'client' | `header:${string}`;

export interface Policy {
  readonly name: PolicyName;
  readonly rule: Rule;
  readonly subject: SubjectKind;
  /** Judged without being asked for: on every route, on routes with a session, or on none. */
  readonly scope: 'everywhere' | 'sessions' | 'named';
}

export type Policies = Readonly<Record<PolicyName, Policy>>;

/** Above this many times per subject, a log would cost more than its exactness is worth. */
const longestLog = 100;

/** How many /64 of one /48 may use their limit to the full. */
const wideFactor = 10;

export function policiesOf(config: RateLimitConfig): Policies {
  const everywhere = { scope: 'everywhere', subject: 'address' } as const;
  const named = { scope: 'named', subject: 'address' } as const;
  return {
    global: { name: 'global', ...everywhere, rule: windowRule(config.global) },
    auth: { name: 'auth', ...named, rule: windowRule(config.auth) },
    challenge: { name: 'challenge', ...named, rule: windowRule(config.challenge) },
    user: { name: 'user', scope: 'sessions', subject: 'user', rule: bucketRule(config.user) },
    client: { name: 'client', scope: 'named', subject: 'client', rule: bucketRule(config.client) },
  };
}

export function windowRule({ limit, seconds }: WindowLimit): Rule {
  return { kind: limit > longestLog ? 'sliding-window' : 'sliding-log', limit, windowMs: seconds * 1_000 };
}

function bucketRule({ rate, seconds, burst }: BucketLimit): Rule {
  return { kind: 'token-bucket', rate, perMs: seconds * 1_000, burst };
}

/** The rule for the /48 around a /64: whoever has many networks is stopped later, not never. */
export function widened(rule: Rule): Rule {
  return rule.kind === 'token-bucket'
    ? { ...rule, rate: rule.rate * wideFactor, burst: rule.burst * wideFactor }
    : {
        ...windowRule({ limit: rule.limit * wideFactor, seconds: rule.windowMs / 1_000 }),
        block: rule.block,
      };
}

/** What one of several instances lets through by itself; together they let through at least the whole. */
export function shareOf(rule: Rule, instances: number): Rule {
  const share = (count: number): number => Math.ceil(count / instances);
  return rule.kind === 'token-bucket'
    ? { ...rule, perMs: rule.perMs * instances, burst: share(rule.burst) }
    : { ...rule, limit: share(rule.limit) };
}
