import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { CacheDrift } from './application/cache-drift.js';
import { Doctor } from './application/doctor.js';
import { InstallationCheck } from './application/installation-check.js';
import { MissingMarks } from './application/missing-marks.js';
import { StoresCheck } from './application/stores-check.js';
import { DiskExam } from './domain/disk-exam.js';
import { InstallationExam } from './domain/installation-exam.js';
import { RedisExam } from './domain/redis-exam.js';
import { PostgresInstallationExam } from './infrastructure/postgres/postgres-installation-exam.js';
import { RedisServerExam } from './infrastructure/redis/redis-server-exam.js';
import { SystemDiskExam } from './infrastructure/system/system-disk-exam.js';

@Module({})
export class DoctorModule {
  /** `imports` brings what examines the cache, the keys and the instances: SessionsModule and TokensModule. */
  static forRoot(imports: NonNullable<ModuleMetadata['imports']>): DynamicModule {
    return {
      module: DoctorModule,
      imports: [EventLogModule, ...imports],
      providers: [
        { provide: InstallationExam, useClass: PostgresInstallationExam },
        { provide: RedisExam, useClass: RedisServerExam },
        { provide: DiskExam, useClass: SystemDiskExam },
        CacheDrift,
        MissingMarks,
        StoresCheck,
        InstallationCheck,
        Doctor,
      ],
      exports: [Doctor],
    };
  }
}
