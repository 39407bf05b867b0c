import { createLogger, type Logger } from '@app/telemetry';

export type LogLine = Readonly<Record<string, unknown>> & { readonly level: string; readonly event?: string };

/** A logger whose lines stay in memory, exactly as they would have been printed. */
export class MemoryLog {
  private readonly printed: string[] = [];

  loggerAt(level: string): Logger {
    return createLogger(level, { write: (line: string) => void this.printed.push(line) });
  }

  /** Everything printed so far; for searching it for what must not be there. */
  get text(): string {
    return this.printed.join('');
  }

  get lines(): LogLine[] {
    return this.printed.map((line) => JSON.parse(line) as LogLine);
  }

  find(event: string): LogLine[] {
    return this.lines.filter((line) => line.event === event);
  }
}
