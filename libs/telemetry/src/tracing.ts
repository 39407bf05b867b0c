/** Words and numbers of a span. Never ids of people, addresses, tokens or what somebody typed. */
export type SpanFacts = Readonly<Record<string, string | number | boolean>>;

/** The span of one request. */
export interface RequestSpan {
  /** Runs what follows, and everything that it starts, within the span. */
  enter(follow: () => void): void;
  /** `traceresponse` of the W3C's Trace Context, level 2. */
  readonly header: string;
  end(name: string, facts: SpanFacts): void;
}

/** What keeps spans and sends them away. */
export interface Spans {
  request(headers: Readonly<Record<string, unknown>>): RequestSpan;
  /** The work as a child of the span around it; without one, just the work. */
  within<T>(name: string, work: () => Promise<T>, facts?: SpanFacts): Promise<T>;
  ids(): SpanIds | null;
  /** Sends what is left, for two seconds at most. */
  close(): Promise<void>;
}

export interface SpanIds {
  readonly trace_id: string;
  readonly span_id: string;
}

/**
 * Traces of this process. One for all, like the standard output and OpenTelemetry's own API: it would otherwise pass
 * through the hands of every class between a request and a store. While it is off, asking whether it is on is all it costs.
 */
class Tracing {
  private spans: Spans | null = null;

  get isOn(): boolean {
    return this.spans !== null;
  }

  /** Null turns it off. */
  use(spans: Spans | null): void {
    this.spans = spans;
  }

  /** Null while it is off. */
  request(headers: Readonly<Record<string, unknown>>): RequestSpan | null {
    return this.spans?.request(headers) ?? null;
  }

  span<T>(name: string, work: () => Promise<T>, facts?: SpanFacts): Promise<T> {
    return this.spans ? this.spans.within(name, work, facts) : work();
  }

  /** Of the span around the caller, for its log line. */
  get ids(): SpanIds | null {
    return this.spans?.ids() ?? null;
  }

  async close(): Promise<void> {
    await this.spans?.close();
    this.spans = null;
  }
}

export const tracing = new Tracing();
