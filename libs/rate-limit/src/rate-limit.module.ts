import type { RateLimitConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module, type ModuleMetadata, type Type } from '@nestjs/common';
import { ThrottlerModule } from '@nestjs/throttler';
import { RateLimits } from './application/rate-limits.js';
import { SubjectDigests } from './application/subject-digests.js';
import { ViolationSample } from './application/violation-sample.js';
import { FleetSize } from './domain/fleet-size.js';
import { LocalLimiterStore, SharedLimiterStore } from './domain/limiter-store.js';
import { type Policies, policiesOf } from './domain/policies.js';
import { capacityOf, spanOf } from './domain/rule.js';
import { MemoryLimiterStore } from './infrastructure/memory/memory-limiter-store.js';
import { RedisLimiterStore } from './infrastructure/redis/redis-limiter-store.js';
import { LimiterThrottlerStorage } from './infrastructure/throttler/limiter-throttler-storage.js';
import { policiesToken, rateLimitConfigToken } from './rate-limit.config.js';

interface RateLimitParts {
  readonly config: RateLimitConfig;
  /** Who knows how many instances there are, and the modules it needs. */
  readonly fleetSize: Type<FleetSize>;
  readonly imports: ModuleMetadata['imports'];
}

@Module({})
export class RateLimitModule {
  static forRoot({ config, fleetSize, imports = [] }: RateLimitParts): DynamicModule {
    const policies = policiesOf(config);
    const limits: DynamicModule = {
      module: RateLimitModule,
      imports: [EventLogModule, ...imports],
      providers: [
        { provide: rateLimitConfigToken, useValue: config },
        { provide: policiesToken, useValue: policies },
        { provide: FleetSize, useClass: fleetSize },
        { provide: SharedLimiterStore, useClass: RedisLimiterStore },
        { provide: LocalLimiterStore, useClass: MemoryLimiterStore },
        SubjectDigests,
        ViolationSample,
        RateLimits,
        LimiterThrottlerStorage,
      ],
      exports: [RateLimits, SubjectDigests, LimiterThrottlerStorage, policiesToken, rateLimitConfigToken],
    };
    return { module: ThrottlingModule, imports: [limits, throttling(limits, policies)], exports: [limits] };
  }
}

@Module({})
class ThrottlingModule {}

/** One named throttler per policy, so that `@SkipThrottle` and `@Throttle` speak of policies by name. */
function throttling(limits: DynamicModule, policies: Policies): DynamicModule {
  return ThrottlerModule.forRootAsync({
    imports: [limits],
    inject: [LimiterThrottlerStorage],
    useFactory: (storage: LimiterThrottlerStorage) => ({
      storage,
      throttlers: Object.values(policies).map(({ name, rule }) => ({
        name,
        limit: capacityOf(rule),
        ttl: spanOf(rule),
        blockDuration: rule.block?.firstMs ?? 0,
      })),
    }),
  });
}
