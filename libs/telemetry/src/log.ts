import type { Logger } from './logger.js';

type Fields = Readonly<Record<string, unknown>>;

/**
 * What product code logs through. The first argument is a stable event name (`session.limit_reached`), facts go
 * in fields, so that no user text is ever a format string.
 */
export class Log {
  constructor(private readonly logger: Logger) {}

  info(event: string, fields: Fields = {}): void {
    this.logger.info({ event, ...fields });
  }

  warn(event: string, fields: Fields = {}): void {
    this.logger.warn({ event, ...fields });
  }

  error(event: string, error: unknown, fields: Fields = {}): void {
    this.logger.error({ event, ...fields, err: error });
  }
}
