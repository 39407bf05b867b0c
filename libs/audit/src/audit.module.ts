import type { CleanupConfig } from '@app/config';
import { EventLogModule } from '@app/event-log';
import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { AuditRecorder } from './application/audit-recorder.js';
import { AuditRetention } from './application/audit-retention.js';
import { AuditRunner } from './application/audit-runner.js';
import { AuditTrail } from './application/audit-trail.js';
import { AuditVerification } from './application/audit-verification.js';
import { auditRetentionToken } from './audit.config.js';
import { AuditReader } from './domain/audit-reader.js';
import { AuditStore } from './domain/audit-store.js';
import { Seal } from './domain/chain.js';
import { HmacSeal } from './infrastructure/crypto/hmac-seal.js';
import { PostgresAuditReader } from './infrastructure/postgres/postgres-audit-reader.js';
import { PostgresAuditStore } from './infrastructure/postgres/postgres-audit-store.js';

const seal: Provider = { provide: Seal, useClass: HmacSeal };

const reading: Provider[] = [{ provide: AuditReader, useClass: PostgresAuditReader }, AuditVerification];

@Module({})
export class AuditModule {
  /** The audit to be read and checked; with `records`, this process also keeps it up and short. */
  static forRoot({ records, cleanup }: { records: boolean; cleanup: CleanupConfig }): DynamicModule {
    return {
      module: AuditModule,
      imports: [EventLogModule],
      providers: [seal, ...reading, AuditTrail, ...(records ? recording(cleanup) : [])],
      exports: [AuditTrail, AuditVerification],
    };
  }

  /** For a process that answers nobody. */
  static forJobs(cleanup: CleanupConfig): DynamicModule {
    return { module: AuditModule, imports: [EventLogModule], providers: [seal, ...recording(cleanup)] };
  }

  /** For an operator's command, beside running instances. */
  static forAdministration(): DynamicModule {
    return { module: AuditModule, providers: [seal, ...reading], exports: [AuditVerification] };
  }
}

function recording(cleanup: CleanupConfig): Provider[] {
  return [
    { provide: auditRetentionToken, useValue: cleanup },
    { provide: AuditStore, useClass: PostgresAuditStore },
    AuditRecorder,
    AuditRunner,
    AuditRetention,
  ];
}
