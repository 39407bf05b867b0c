import {
  type DynamicModule,
  Global,
  Inject,
  Injectable,
  Module,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { UnitOfWork } from '@app/kernel';
import { Database } from './database.js';
import type { OpenDatabase } from './open-database.js';

const openDatabaseToken = Symbol('OpenDatabase');

/** Closes the connections after the last request has been answered. */
@Injectable()
class DatabaseLifetime implements OnApplicationShutdown {
  constructor(@Inject(openDatabaseToken) private readonly open: OpenDatabase) {}

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
