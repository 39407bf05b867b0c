import { type RedisClient, RedisConnection, runScript } from '@app/redis';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Cluster } from 'ioredis';
import { type Micros, microsPerMs } from '../../domain/algorithm.js';
import { SharedLimiterStore } from '../../domain/limiter-store.js';
import { capacityOf, type Claim, type Rule, type Verdict } from '../../domain/rule.js';
import { intervalMicros } from '../../domain/token-bucket.js';
import { rateLimitKeys } from './rate-limit-keys.js';
import { limitScript } from './scripts.generated.js';

type Mode = 'consume' | 'check' | 'penalise' | 'reward';

/** Integers per claim in the script's reply. */
const replyWidth = 5;

const letters: Record<Rule['kind'], string> = {
  'sliding-log': 'l',
  'sliding-window': 'w',
  'token-bucket': 'b',
};

/** Injection token of a time in place of the server's own; only tests give one. */
export const scriptTimeToken = Symbol('ScriptTime');

/**
 * One script call per request, whatever the number of claims, by the clock of the Redis server, so clocks of
 * instances need not agree. In a cluster the keys lie on several nodes: one call each, sent together, and a
 * request refused by one policy then still counts in the others.
 */
@Injectable()
export class RedisLimiterStore extends SharedLimiterStore {
  constructor(
    private readonly redis: RedisConnection,
    @Optional() @Inject(scriptTimeToken) private readonly time: () => Micros | '' = () => '',
  ) {
    super();
  }

  get isUsable(): boolean {
    return this.redis.isAvailable;
  }

  consume(claims: readonly Claim[]): Promise<Verdict[]> {
    return this.ask('consume', claims);
  }

  check(claims: readonly Claim[]): Promise<Verdict[]> {
    return this.ask('check', claims);
  }

  async penalise(claim: Claim): Promise<void> {
    await this.ask('penalise', [claim]);
  }

  async reward(claim: Claim): Promise<void> {
    await this.ask('reward', [claim]);
  }

  async reset(of: Pick<Claim, 'policy' | 'subject'>): Promise<void> {
    await this.redis.run((client) => client.del(rateLimitKeys.standing(of)));
  }

  private async ask(mode: Mode, claims: readonly Claim[]): Promise<Verdict[]> {
    if (claims.length === 0) return [];
    const numbers = await this.redis.run(async (client) => {
      if (!(client instanceof Cluster)) return this.call(client, mode, claims);
      return (await Promise.all(claims.map((claim) => this.call(client, mode, [claim])))).flat();
    });
    return claims.map(({ rule }, index) => toVerdict(rule, numbers.slice(index * replyWidth)));
  }

  private async call(client: RedisClient, mode: Mode, claims: readonly Claim[]): Promise<number[]> {
    const keys = claims.map((claim) => rateLimitKeys.standing(claim));
    const values = claims.flatMap((claim) => argumentsOf(claim));
    return (await runScript(client, limitScript, keys, [mode, this.time(), ...values])) as number[];
  }
}

function argumentsOf({ rule, cost }: Claim): (string | number)[] {
  const span = rule.kind === 'token-bucket' ? intervalMicros(rule) : rule.windowMs * microsPerMs;
  const { firstMs, maxMs } = rule.block ?? { firstMs: 0, maxMs: 0 };
  return [letters[rule.kind], capacityOf(rule), span, cost, firstMs * microsPerMs, maxMs * microsPerMs];
}

function toVerdict(rule: Rule, [allowed, remaining = 0, wait = 0, reset = 0, blocked]: number[]): Verdict {
  return {
    isAllowed: allowed === 1,
    limit: capacityOf(rule),
    remaining,
    retryAfterMs: wait / microsPerMs,
    resetMs: reset / microsPerMs,
    isBlocked: blocked === 1,
  };
}
