import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BulkEndRunner } from './bulk-end-runner.js';

/** Has bulk ends carried out for as long as the process lives. */
@Injectable()
export class BulkEndSchedule implements OnModuleInit {
  constructor(private readonly runner: BulkEndRunner) {}

  onModuleInit(): void {
    this.runner.start();
  }
}
