import type { Readable } from 'node:stream';
import type { StreamsConfig } from '@app/config';
import { OverloadedError } from '@app/kernel';
import { Log, Metrics } from '@app/telemetry';
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type EndOfStream, EventStream, type StreamTerms } from './event-stream.js';

/** Injection token of the StreamsConfig slice. */
export const streamsConfigToken = Symbol('StreamsConfig');

export interface Opening {
  /** Whose streams are counted together, such as a session. */
  readonly owner: string;
  readonly maxOfOwner: number;
  readonly judge: StreamTerms['judge'];
  /** Prepares the frames; if it rejects, so does the request, before anything is sent. */
  readonly prepare: () => Promise<StreamTerms['frames']>;
}

/**
 * All replies of this process that do not end by themselves (`text/event-stream`), and requests that wait for something:
 * bounded in number, judged again and again, and ended with the first sign of a shutdown, so that listeners move on to
 * other instances while this one still answers.
 */
@Injectable()
export class EventStreams implements OnModuleDestroy {
  private readonly streams = new Set<EventStream>();
  private readonly owners = new Map<string, number>();
  private taken = 0;
  private isClosing = false;
  private readonly closing = new AbortController();

  constructor(
    private readonly log: Log,
    private readonly metrics: Metrics,
    @Inject(streamsConfigToken) private readonly config: StreamsConfig,
  ) {
    metrics.gauge('rollcall_event_streams', 'Streams of events that are open', () => this.streams.size);
  }

  /** Milliseconds after which something is sent to a listener to whom nothing else was. */
  get heartbeatMs(): number {
    return this.config.heartbeatSeconds * 1_000;
  }

  /** Aborted when the process begins to end. */
  get whenClosing(): AbortSignal {
    return this.closing.signal;
  }

  /** The body of the reply, whose headers are set; none for HEAD. Rejects with OverloadedError. */
  async open(request: FastifyRequest, reply: FastifyReply, opening: Opening): Promise<Readable | undefined> {
    if (request.method === 'HEAD') {
      void reply.headers(streamHeaders);
      return undefined;
    }
    const release = this.claim(opening);
    let frames: StreamTerms['frames'];
    try {
      frames = await opening.prepare();
    } catch (error) {
      release();
      throw error;
    }
    void reply.headers(streamHeaders);
    return this.begin(frames, opening.judge, release).body;
  }

  /** Something that takes a place as a stream does, for as long as it lasts. Rejects with OverloadedError. */
  async within<T>(opening: Pick<Opening, 'owner' | 'maxOfOwner'>, work: () => Promise<T>): Promise<T> {
    const release = this.claim(opening);
    try {
      return await work();
    } finally {
      release();
    }
  }

  onModuleDestroy(): void {
    this.isClosing = true;
    this.closing.abort();
    for (const stream of this.streams) stream.end('drain');
  }

  private begin(
    frames: StreamTerms['frames'],
    judge: StreamTerms['judge'],
    release: () => void,
  ): EventStream {
    const onClose = (reason: EndOfStream): void => {
      release();
      this.streams.delete(stream);
      this.metrics.streamsEnded.inc({ reason });
    };
    const stream = new EventStream({ frames, judge, everyMs: this.heartbeatMs, onClose }, this.log);
    this.streams.add(stream);
    // The process may have begun to end while the stream was being prepared.
    if (this.isClosing) stream.end('drain');
    return stream;
  }

  private claim({ owner, maxOfOwner }: Pick<Opening, 'owner' | 'maxOfOwner'>): () => void {
    const own = this.owners.get(owner) ?? 0;
    if (this.isClosing || this.taken >= this.config.limit || own >= maxOfOwner) throw new OverloadedError();
    this.taken += 1;
    this.owners.set(owner, own + 1);
    return () => {
      this.taken -= 1;
      const left = (this.owners.get(owner) ?? 1) - 1;
      if (left === 0) this.owners.delete(owner);
      else this.owners.set(owner, left);
    };
  }
}

/** A proxy that gathers replies would hold events back; `no-transform` keeps those that compress from doing so. */
const streamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
};
