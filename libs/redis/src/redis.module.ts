import type { RedisConfig } from '@app/config';
import { Clock } from '@app/kernel';
import { Log, Metrics } from '@app/telemetry';
import {
  type DynamicModule,
  Global,
  Injectable,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { RedisConnection } from './redis-connection.js';

@Injectable()
class RedisLifetime implements OnModuleInit, OnApplicationShutdown {
  constructor(private readonly connection: RedisConnection) {}

  onModuleInit(): void {
    this.connection.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.connection.close();
  }
}

@Global()
@Module({})
export class RedisModule {
  static forRoot(config: RedisConfig | null): DynamicModule {
    return {
      module: RedisModule,
      providers: [
        {
          provide: RedisConnection,
          inject: [Log, Clock, Metrics],
          useFactory: (log: Log, clock: Clock, metrics: Metrics) => {
            const connection = new RedisConnection(config, log, clock);
            metrics.durations(
              'rollcall_redis_command_duration_seconds',
              'From handing over to the answer, for each command or batch that was answered',
              connection.durations,
            );
            return connection;
          },
        },
        RedisLifetime,
      ],
      exports: [RedisConnection],
    };
  }
}
