import { type ClientRequest, get, type IncomingMessage } from 'node:http';
import { eventually } from '@app/testing';

/** One frame of `text/event-stream`; what it has not is null. */
export interface Frame {
  readonly id: string | null;
  readonly event: string | null;
  readonly data: string | null;
}

export interface Listening {
  readonly token?: string;
  /** Basic credentials. */
  readonly authorization?: string;
  readonly lastEventId?: string;
}

/** Somebody who listens as a browser does, but does not come back by itself. */
export class EventListener {
  readonly frames: Frame[] = [];
  lastId: string | null = null;
  isOver = false;
  private rest = '';

  private constructor(
    private readonly request: ClientRequest,
    readonly reply: IncomingMessage,
  ) {
    reply.setEncoding('utf8').on('data', (text: string) => this.read(text));
    reply.once('close', () => (this.isOver = true)).on('error', () => undefined);
    request.on('error', () => undefined);
  }

  /** Resolves with the head of the reply, whatever it is. */
  static open(url: string, { token, authorization, lastEventId }: Listening): Promise<EventListener> {
    const credential = token === undefined ? authorization : `Bearer ${token}`;
    return new Promise((resolve, reject) => {
      const request = get(url, {
        agent: false,
        headers: {
          accept: 'text/event-stream',
          ...(credential && { authorization: credential }),
          ...(lastEventId && { 'last-event-id': lastEventId }),
        },
      });
      request.once('error', reject);
      request.once('response', (reply) => resolve(new EventListener(request, reply)));
    });
  }

  get status(): number {
    return this.reply.statusCode ?? 0;
  }

  /** What was told of, as JSON, without what only moves the cursor. */
  get told(): Record<string, unknown>[] {
    return this.frames
      .filter(({ event, data }) => event === null && data !== null)
      .map(({ data }) => JSON.parse(data!) as Record<string, unknown>);
  }

  named(event: string): Frame[] {
    return this.frames.filter((frame) => frame.event === event);
  }

  async hears(count: number, timeoutMs = 5_000): Promise<Record<string, unknown>[]> {
    const describe = () => `${count} events are told of, not ${this.told.length}`;
    await eventually(() => this.told.length >= count, { timeoutMs, describe });
    return this.told;
  }

  async ends(timeoutMs = 5_000): Promise<void> {
    await eventually(() => this.isOver, { timeoutMs, describe: 'the stream is over' });
  }

  /** Takes nothing from here on; the connection stays. */
  stall(): void {
    this.reply.pause();
  }

  resume(): void {
    this.reply.resume();
  }

  /** Without a word, perhaps amid a frame. */
  hangUp(): void {
    this.request.destroy();
  }

  /** A frame counts when it is complete: what is cut off amid one was never heard. */
  private read(text: string): void {
    const parts = (this.rest + text).split('\n\n');
    this.rest = parts.pop()!;
    for (const part of parts) this.take(part.split('\n'));
  }

  private take(lines: readonly string[]): void {
    const field = (name: string): string | null =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? null;
    const frame = { id: field('id'), event: field('event'), data: field('data') };
    this.lastId = frame.id ?? this.lastId;
    this.frames.push(frame);
  }
}
