import { tracing } from './tracing.js';

export interface TracingOptions {
  /** Base address of an OTLP/HTTP receiver; null: no traces, and nothing of OpenTelemetry is loaded. */
  readonly endpoint: string | null;
  /** As it appears among the services of a trace. */
  readonly service: string;
  readonly instance: string;
}

/** Rejects only if the packages are broken: a receiver that is away costs spans, nothing else. */
export async function startTracing({ endpoint, ...identity }: TracingOptions): Promise<void> {
  if (endpoint === null) return;
  // A file of its own in the packed program, read only here.
  const { OpenTelemetrySpans } = await import('./open-telemetry.js');
  tracing.use(new OpenTelemetrySpans(endpoint, identity));
}
