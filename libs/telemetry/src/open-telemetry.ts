import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { atMost } from '@app/kernel';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { RequestSpan, SpanFacts, SpanIds, Spans } from './tracing.js';

/** Milliseconds that an end waits for the receiver. */
const lastWordsMs = 1_000;

/**
 * Spans of OpenTelemetry over OTLP/HTTP. Made by hand at the few places that matter: what its instrumentations patch are
 * modules, and a packed program (ADR 10) has none. The SDK reads its own variables, such as OTEL_TRACES_SAMPLER and
 * OTEL_EXPORTER_OTLP_HEADERS.
 */
export class OpenTelemetrySpans implements Spans {
  private readonly ambient = new AsyncLocalStorage<Context>();
  private readonly propagator = new W3CTraceContextPropagator();
  private readonly provider: BasicTracerProvider;

  constructor(endpoint: string, { service, instance }: { service: string; instance: string }) {
    const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` });
    this.provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
  }

  request(headers: Readonly<Record<string, unknown>>): RequestSpan {
    const parent = this.propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const span = this.tracer.startSpan('request', { kind: SpanKind.SERVER }, parent);
    const context = trace.setSpan(parent, span);
    const { traceId, spanId, traceFlags } = span.spanContext();
    return {
      header: `00-${traceId}-${spanId}-0${traceFlags}`,
      enter: (follow) => this.ambient.run(context, follow),
      end: (name, facts) => {
        span.updateName(name);
        span.setAttributes(facts);
        if (Number(facts['http.response.status_code']) >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      },
    };
  }

  within<T>(name: string, work: () => Promise<T>, facts: SpanFacts = {}): Promise<T> {
    const outer = this.ambient.getStore();
    if (!outer) return work();
    const span = this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes: facts }, outer);
    return this.ambient.run(trace.setSpan(outer, span), () => ended(span, work));
  }

  ids(): SpanIds | null {
    const context = this.ambient.getStore();
    const known = context && trace.getSpanContext(context);
    return known ? { trace_id: known.traceId, span_id: known.spanId } : null;
  }

  async close(): Promise<void> {
    await atMost(
      lastWordsMs,
      this.provider.shutdown().catch(() => undefined),
    );
  }

  private get tracer() {
    return this.provider.getTracer('rollcall');
  }
}

/** Of an error its kind alone: messages may repeat what somebody typed. */
async function ended<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    span.setAttribute('error.type', (error as Error).name);
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}
