import { Clock } from '@app/kernel';
import { Metrics } from '@app/telemetry';
import { Injectable } from '@nestjs/common';
import { lagSeconds, LogReaders } from '../domain/log-readers.js';

/** Shows how far each durable reader is behind: the age of the oldest event that it has not read, in seconds. */
@Injectable()
export class LogLag {
  constructor(readers: LogReaders, clock: Clock, metrics: Metrics) {
    metrics.samples({
      name: 'rollcall_event_log_lag',
      help: 'Age in seconds of the oldest event that a reader has not read',
      label: 'reader',
      everyMs: 5_000,
      read: async () => {
        const now = clock.now();
        return new Map((await readers.status()).map((each) => [each.name, lagSeconds(each, now)]));
      },
    });
  }
}
