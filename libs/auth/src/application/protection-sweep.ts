import { Clock, Rounds } from '@app/kernel';
import { JobRuns } from '@app/telemetry';
import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { FailureLedger } from '../domain/protection/failure-ledger.js';
import { KnownDevices } from '../domain/protection/known-devices.js';
import { SingleUse } from '../domain/single-use.js';

const intervalMs = 10 * 60_000;

/** Removes what protects nobody any more. Each instance does it; the same rows twice are no harm. */
@Injectable()
export class ProtectionSweep implements OnModuleInit, OnApplicationShutdown {
  private readonly rounds = new Rounds(() => this.runOnce(), intervalMs);

  constructor(
    private readonly ledger: FailureLedger,
    private readonly devices: KnownDevices,
    private readonly spent: SingleUse,
    private readonly clock: Clock,
    private readonly runs: JobRuns,
  ) {}

  onModuleInit(): void {
    this.rounds.start();
  }

  onApplicationShutdown(): Promise<void> {
    return this.rounds.stop();
  }

  async sweep(): Promise<void> {
    const now = this.clock.now();
    await this.ledger.purge(now);
    await this.spent.purge(now);
    await this.devices.purge();
  }

  /** Without Postgres the next round does it. */
  private runOnce(): Promise<void> {
    return this.sweep().then(
      () => this.runs.note('protection', true),
      () => this.runs.note('protection', false),
    );
  }
}
