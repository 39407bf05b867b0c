import { type DomainEvent, DrizzleEventLog, PostgresLogReaders } from '@app/event-log';
import { ServerSecret, type UserId } from '@app/kernel';
import type { Database } from '@app/postgres';
import { createLogger, JobRuns, Log } from '@app/telemetry';
import { FakeClock, type OpenStore } from '@app/testing';
import { sql } from 'drizzle-orm';
import { AuditRecorder } from '../src/application/audit-recorder.js';
import { AuditRetention } from '../src/application/audit-retention.js';
import { AuditVerification } from '../src/application/audit-verification.js';
import type { AuditRecord } from '../src/domain/audit-record.js';
import { HmacSeal } from '../src/infrastructure/crypto/hmac-seal.js';
import { PostgresAuditReader } from '../src/infrastructure/postgres/postgres-audit-reader.js';
import { PostgresAuditStore } from '../src/infrastructure/postgres/postgres-audit-store.js';

export const ann = '017f22e2-79b0-7cc3-98c4-000000000001' as UserId;
export const root = '017f22e2-79b0-7cc3-98c4-000000000002' as UserId;

const log = new Log(createLogger('silent'));

/** Everything of the audit on one database, as each instance has it. */
export class AuditStand {
  readonly clock = new FakeClock(new Date('2026-03-01T12:00:00.000Z'));
  readonly seal = new HmacSeal(new ServerSecret(Buffer.alloc(32, 7)));
  readonly events: DrizzleEventLog;
  readonly reader: PostgresAuditReader;
  readonly recorder: AuditRecorder;
  readonly verification: AuditVerification;

  constructor(readonly database: Database) {
    this.events = new DrizzleEventLog(database);
    this.reader = new PostgresAuditReader(database);
    this.recorder = this.anotherRecorder();
    this.verification = new AuditVerification(this.reader, this.seal, this.clock);
  }

  static async on(
    open: () => Promise<OpenStore>,
  ): Promise<{ stand: AuditStand; close: () => Promise<void> }> {
    const store = await open();
    return { stand: new AuditStand(store.database), close: () => store.close() };
  }

  anotherRecorder(seal = this.seal): AuditRecorder {
    const { database, clock } = this;
    const store = new PostgresAuditStore(database);
    return new AuditRecorder(new PostgresLogReaders(database), store, seal, clock);
  }

  retention(auditDays: number): AuditRetention {
    const { database, seal, events, clock } = this;
    const store = new PostgresAuditStore(database);
    const config = { auditDays, intervalSeconds: 3_600 };
    return new AuditRetention(store, seal, events, database, clock, log, new JobRuns(clock), config);
  }

  /** As an installation that has just been set up. */
  async clear(): Promise<void> {
    await this.tamper(sql`delete from audit_log`);
    for (const table of ['audit_chain', 'audit_verification', 'event_log', 'log_readers'])
      await this.run(sql`delete from ${sql.identifier(table)}`);
  }

  tell(...events: (Partial<DomainEvent> & Pick<DomainEvent, 'type'>)[]): Promise<void> {
    return this.events.append(events.map((event) => ({ userId: ann, at: this.clock.now(), ...event })));
  }

  async tellMany(count: number): Promise<void> {
    await this.run(sql`insert into event_log (type, user_id, payload, created_at)
      select 'signin.failed', ${ann}::uuid, jsonb_build_object('ip_address', '192.0.2.' || n % 250),
        ${this.clock.now().toISOString()}::timestamptz from generate_series(1, ${count}) n`);
  }

  /** Until there is no more. */
  async collect(recorder = this.recorder): Promise<void> {
    while (await recorder.collect());
    while (await recorder.collect());
  }

  records(): Promise<AuditRecord[]> {
    return this.reader.stretch(0, 10_000);
  }

  run<Row>(statement: ReturnType<typeof sql>): Promise<Row[]> {
    return this.database.rows(statement);
  }

  /** As somebody with all rights on the database. */
  async tamper(...statements: ReturnType<typeof sql>[]): Promise<void> {
    await this.run(sql`alter table audit_log disable trigger user`);
    for (const statement of statements) await this.run(statement);
    await this.run(sql`alter table audit_log enable trigger user`);
  }
}
