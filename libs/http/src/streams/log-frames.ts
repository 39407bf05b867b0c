import {
  decodePlace,
  encodePlace,
  type LogFollower,
  type LogPlace,
  LogPlaceLostError,
  LogTail,
  type PlacedEvent,
} from '@app/event-log';
import type { FastifyRequest } from 'fastify';
import type { EventStream } from './event-stream.js';

/** Milliseconds after which a browser comes back by itself. */
const retryMs = 2_000;

export interface LogFrames {
  readonly tail: LogTail;
  /** Null: from where `begin` says. */
  readonly cursor: string | null;
  /** Where somebody begins who has no cursor, or one that leads nowhere. */
  readonly begin: () => Promise<LogPlace | 'now'>;
  /** What is told of an event, as JSON text, or null for nothing. */
  readonly tell: (event: PlacedEvent) => string | null;
  /** Sees every event, told of or not, before anything is told of it. */
  readonly look?: (event: PlacedEvent, stream: EventStream) => void;
  readonly heartbeatMs: number;
}

/** `Last-Event-ID`, which a browser sends when it comes back, before what the address says. */
export function cursorOf(request: FastifyRequest, after: string | undefined): string | null {
  const last = request.headers['last-event-id'];
  return (typeof last === 'string' && last !== '' ? last : after) ?? null;
}

/**
 * The log as a stream of events (HTML Standard §9.2), each with its cursor as `id`. A frame with an id and no data moves a
 * listener on past what it was not told of. A cursor that leads nowhere is answered by an event `reset`.
 */
export async function logFrames(of: LogFrames): Promise<(stream: EventStream) => AsyncIterable<string>> {
  const followed = await followFrom(of);
  return (stream) => {
    stream.signal.addEventListener('abort', () => followed.follower.close(), { once: true });
    return framesOf(of, stream, followed);
  };
}

interface Followed {
  follower: LogFollower;
  readonly isReset: boolean;
}

async function followFrom({ tail, cursor, begin }: LogFrames): Promise<Followed> {
  if (cursor === null) return { follower: await tail.follow(await begin()), isReset: false };
  try {
    return { follower: await tail.follow(decodePlace(cursor)), isReset: false };
  } catch (error) {
    if (!(error instanceof LogPlaceLostError)) throw error;
    return { follower: await tail.follow(await begin()), isReset: true };
  }
}

async function* framesOf(of: LogFrames, stream: EventStream, followed: Followed): AsyncGenerator<string> {
  try {
    yield `retry: ${retryMs}\n${followed.isReset ? resetFrame(followed.follower) : idFrame(followed.follower)}`;
    while (!stream.signal.aborted) {
      try {
        yield* nextFrames(of, stream, followed.follower);
      } catch (error) {
        if (!(error instanceof LogPlaceLostError)) throw error;
        followed.follower.close();
        followed.follower = await of.tail.follow(await of.begin());
        yield resetFrame(followed.follower);
      }
    }
  } finally {
    followed.follower.close();
  }
}

async function* nextFrames(
  of: LogFrames,
  stream: EventStream,
  follower: LogFollower,
): AsyncGenerator<string> {
  const events = await follower.next(of.heartbeatMs);
  let isTold = false;
  for (const event of events) {
    of.look?.(event, stream);
    const data = of.tell(event);
    if (data === null) continue;
    isTold = true;
    yield `id: ${encodePlace(event.place)}\ndata: ${data}\n\n`;
  }
  if (!isTold && !stream.signal.aborted) yield `:\n${idFrame(follower)}`;
}

const idFrame = ({ cursor }: LogFollower): string => `id: ${cursor}\n\n`;

const resetFrame = ({ cursor }: LogFollower): string =>
  `event: reset\nid: ${cursor}\ndata: {"reason":"cursor_gone"}\n\n`;
