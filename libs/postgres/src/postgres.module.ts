import {
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { UnitOfWork } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Database } from './database.js';
import type { OpenDatabase } from './open-database.js';

const openDatabaseToken = Symbol('OpenDatabase');

/** Closes the connections after the last request has been answered. */
@Injectable()
class DatabaseLifetime implements OnApplicationShutdown {
  constructor(
    @Inject(openDatabaseToken) private readonly open: OpenDatabase,
    metrics: Metrics,
  ) {
    metrics.gauges(
      'rollcall_postgres_pool',
      'Connections to Postgres, and callers that wait for one',
      'state',
      () => {
        const { total, idle, waiting } = open.database.poolState();
        return { active: total - idle, idle, waiting };
      },
    );
  }

  async onApplicationShutdown(): Promise<void> {
    await this.open.close();
  }
}

@Global()
@Module({})
export class PostgresModule {
  static forRoot(open: OpenDatabase): DynamicModule {
    return {
      module: PostgresModule,
      providers: [
        { provide: openDatabaseToken, useValue: open },
        { provide: Database, useValue: open.database },
        { provide: UnitOfWork, useExisting: Database },
        DatabaseLifetime,
      ],
      exports: [Database, UnitOfWork],
    };
  }
}
