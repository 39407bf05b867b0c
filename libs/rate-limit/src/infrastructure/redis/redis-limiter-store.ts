import { type RedisClient, RedisConnection, runScript, Together } from '@app/redis';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Cluster } from 'ioredis';
import type { Micros } from '../../domain/algorithm.js';
import { SharedLimiterStore } from '../../domain/limiter-store.js';
import type { Claim, Verdict } from '../../domain/rule.js';
import { LimitCall } from './limit-call.js';
import { rateLimitKeys } from './rate-limit-keys.js';
import { limitScript } from './scripts.generated.js';

type Mode = 'consume' | 'check' | 'penalise' | 'reward';
type Request = readonly Claim[];

/** Injection token of a time in place of the server's own; only tests give one. */
export const scriptTimeToken = Symbol('ScriptTime');

/**
 * By the clock of the Redis server, so clocks of instances need not agree. Sixteen requests of one turn of the event loop
 * are judged in one script call, one after the other, whatever the number of their claims. In a cluster the keys lie on
 * several nodes: one call for each claim, sent together, and a request refused by one policy then still counts in the
 * others.
 */
@Injectable()
export class RedisLimiterStore extends SharedLimiterStore {
  private readonly consumptions: Together<Request, Verdict[]>;

  constructor(
    private readonly redis: RedisConnection,
    @Optional() @Inject(scriptTimeToken) private readonly time: () => Micros | '' = () => '',
  ) {
    super();
    this.consumptions = new Together(redis, (requests) => this.judge('consume', requests));
  }

  get isUsable(): boolean {
    return this.redis.isAvailable;
  }

  async consume(claims: Request): Promise<Verdict[]> {
    return claims.length === 0 ? [] : this.consumptions.ask(claims);
  }

  async check(claims: Request): Promise<Verdict[]> {
    return claims.length === 0 ? [] : (await this.judge('check', [claims]))[0]!;
  }

  async penalise(claim: Claim): Promise<void> {
    await this.judge('penalise', [[claim]]);
  }

  async reward(claim: Claim): Promise<void> {
    await this.judge('reward', [[claim]]);
  }

  async reset(of: Pick<Claim, 'policy' | 'subject'>): Promise<void> {
    await this.redis.run((client) => client.del(rateLimitKeys.standing(of)));
  }

  private judge(mode: Mode, requests: readonly Request[]): Promise<Verdict[][]> {
    return this.redis.run(async (client) => {
      if (!(client instanceof Cluster)) return this.call(client, mode, requests);
      const alone = async (claim: Claim): Promise<Verdict> =>
        (await this.call(client, mode, [[claim]]))[0]![0]!;
      return Promise.all(requests.map((claims) => Promise.all(claims.map(alone))));
    });
  }

  private async call(client: RedisClient, mode: Mode, requests: readonly Request[]): Promise<Verdict[][]> {
    const call = new LimitCall(requests);
    const values = [mode, String(this.time()), ...call.values];
    return call.verdicts((await runScript(client, limitScript, call.keys, values)) as string);
  }
}
