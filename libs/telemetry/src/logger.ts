import { isNativeError } from 'node:util/types';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type LogFn, type Logger, pino } from 'pino';
import { describeError } from './describe-error.js';
import { escapeControls, withoutSecrets } from './redaction.js';
import { tracing } from './tracing.js';

export type { Logger } from 'pino';

/** One JSON object per line on standard output, times in ISO 8601 UTC. Redaction is the last net, not the rule. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      mixin: () => ({ ...tracing.ids }),
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: (thrown: unknown) => (isNativeError(thrown) ? describeError(thrown) : thrown) },
      formatters: { level: (label) => ({ level: label }), log: withoutSecrets },
      hooks: { logMethod: withSafeMessage, streamWrite: escapeControls },
    },
    destination,
  );
}

/** A line about an error that has no text of its own would get the error's, which may repeat parameters. */
function withSafeMessage(this: Logger, args: Parameters<LogFn>, log: LogFn): void {
  const [subject, message] = args as unknown[];
  const error: unknown = isNativeError(subject) ? subject : (subject as { err?: unknown } | undefined)?.err;
  const safe = message === undefined && isNativeError(error) ? [subject, describeError(error).message] : args;
  log.apply(this, safe as Parameters<LogFn>);
}

/** Nest's own lines in the same stream and format. */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  // Nest reports each module and route at start; one line per process start is enough for an operator.
  log(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  /** Nest calls it with a stack and a context, or with either alone. */
  error(message: unknown, stackOrContext?: string, context?: string): void {
    const isStack = context !== undefined || /\n\s+at /.test(stackOrContext ?? '');
    const about = isStack ? { context, stack: stackOrContext } : { context: stackOrContext };
    this.logger.error(about, String(message));
  }

  warn(message: unknown, context?: string): void {
    this.logger.warn({ context }, String(message));
  }

  debug(message: unknown, context?: string): void {
    this.logger.debug({ context }, String(message));
  }

  verbose(message: unknown, context?: string): void {
    this.logger.trace({ context }, String(message));
  }
}
