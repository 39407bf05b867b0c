import { Readable } from 'node:stream';
import { DomainError } from '@app/kernel';
import { Log } from '@app/telemetry';

/** Bytes that wait in this process for one listener, besides the frame being sent; the sockets' buffers are the kernel's. */
const bufferBytes = 64 * 1024;

/** Milliseconds after a hint at which the listener is judged again: what the hint tells may not be known everywhere yet. */
const secondLooks = [0, 500, 1_500];

/** Milliseconds that a listener has to take the last frame. */
const partingMs = 1_000;

/** Looks in a row without an answer; then nobody can say any more that the listener may still listen. */
const maxUnknown = 4;

export interface StreamTerms {
  /** Frames of `text/event-stream`; what they hold is let go when the signal is aborted. Their end is that of the stream. */
  readonly frames: (stream: EventStream) => AsyncIterable<string>;
  /** Rejects with the refusal if whoever opened the stream may not listen any more. */
  readonly judge: () => Promise<unknown>;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly onClose: (reason: EndOfStream) => void;
}

/** `client`: it hung up; `slow`: it took nothing; `refused`: it may not listen any more; `drain`: this process ends. */
export type EndOfStream = 'client' | 'slow' | 'refused' | 'drain' | 'failed';

/**
 * One reply of events without end. Frames are made when the listener takes them, so one that does not keep up costs one
 * small buffer; one that takes nothing between two looks is cut off and comes back where it was.
 */
export class EventStream {
  readonly body: Readable;
  private readonly over = new AbortController();
  private readonly timers = new Set<NodeJS.Timeout>();
  private reason: EndOfStream = 'client';
  private lastWords = '';
  /** A frame that nobody has taken since the last look. */
  private isOffering = false;
  private hasBeenOffering = false;
  private unknown = 0;

  constructor(
    private readonly terms: StreamTerms,
    private readonly log: Log,
  ) {
    // At once, so that what they hold is let go with the stream even if nobody takes the first one.
    this.body = Readable.from(this.taken(terms.frames(this)), {
      objectMode: false,
      highWaterMark: bufferBytes,
    });
    this.body.once('close', () => this.closed());
    this.timers.add(setInterval(() => this.look(), terms.everyMs).unref());
  }

  /** Aborted as soon as the stream is to end. */
  get signal(): AbortSignal {
    return this.over.signal;
  }

  /** Something has happened that the listener may be affected by. */
  suspect(): void {
    for (const ms of secondLooks) this.timers.add(setTimeout(() => void this.judge(), ms).unref());
  }

  /** With a last frame, if the listener takes it. */
  end(reason: EndOfStream, code?: string): void {
    if (this.over.signal.aborted) return;
    this.reason = reason;
    if (code) this.lastWords = `event: closed\ndata: ${JSON.stringify({ code })}\n\n`;
    this.over.abort();
    this.timers.add(setTimeout(() => this.body.destroy(), reason === 'slow' ? 0 : partingMs).unref());
  }

  private async *taken(frames: AsyncIterable<string>): AsyncGenerator<string> {
    try {
      for await (const frame of frames) {
        if (this.over.signal.aborted) break;
        this.isOffering = true;
        yield frame;
        this.isOffering = false;
        this.hasBeenOffering = false;
      }
    } catch (error) {
      // The listener comes back where it was; that a store was away for a moment is no error of this stream.
      if (!(error instanceof DomainError)) this.log.error('stream.failed', error);
      this.reason = 'failed';
    }
    if (this.lastWords !== '') yield this.lastWords;
  }

  private look(): void {
    if (this.isOffering && this.hasBeenOffering) return this.end('slow');
    this.hasBeenOffering = this.isOffering;
    void this.judge();
    return undefined;
  }

  private async judge(): Promise<void> {
    try {
      await this.terms.judge();
      this.unknown = 0;
    } catch (error) {
      const isRefusal = error instanceof DomainError && error.kind !== 'unavailable';
      this.unknown += 1;
      if (isRefusal) this.end('refused', error.code);
      else if (this.unknown >= maxUnknown) this.end('refused', 'STORE_UNAVAILABLE');
    }
  }

  private closed(): void {
    for (const timer of this.timers) clearTimeout(timer);
    this.over.abort();
    this.terms.onClose(this.reason);
  }
}
