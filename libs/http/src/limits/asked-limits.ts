import type { Claim, Verdict } from '@app/rate-limit';
import type { FastifyRequest } from 'fastify';
import type { Advertised } from './rate-limit-headers.js';
import type { Caller, Claims, RouteLimit } from './route-limit.js';

interface Asked {
  readonly limit: RouteLimit;
  readonly claims: Claims;
}

/** In the order of `AskedLimits.claims`; null for what was not asked, because another one had refused already. */
type Verdicts = readonly (Verdict | null)[];

/** All claims of one request. */
export class AskedLimits {
  readonly claims: Claim[] = [];
  private readonly asked: Asked[] = [];

  constructor(
    limits: readonly RouteLimit[],
    readonly caller: Caller,
    request: FastifyRequest,
  ) {
    for (const limit of limits) {
      const claims = limit.claimsOf(caller, request);
      if (!claims) continue;
      this.asked.push({ limit, claims });
      this.claims.push(...claims);
    }
  }

  /** What the client may see; a refusal by the wider network shows as one of the policy. */
  advertised(verdicts: Verdicts): Advertised[] {
    let next = 0;
    return this.asked.map(({ limit, claims: [, ...wider] }) => {
      const own = verdicts[next++] ?? null;
      const refusal = wider.reduce<Verdict | null>((found) => refused(verdicts[next++]) ?? found, null);
      const isHidden = refusal !== null && own?.isAllowed !== false;
      const verdict = isHidden ? { ...refusal, limit: own?.limit ?? limit.capacity } : own;
      return { policy: limit.policy.name, item: limit.itemOf(verdict?.limit ?? limit.capacity), verdict };
    });
  }
}

function refused(verdict: Verdict | null | undefined): Verdict | null {
  return verdict?.isAllowed === false ? verdict : null;
}
