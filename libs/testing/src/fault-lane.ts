import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
// Not the global ones, which tests replace by fakes.
import { clearTimeout, setTimeout } from 'node:timers';
import type { LaneRule } from './fault-mode.js';

/** What happens on a connection, in its order. Opening it is an event too: a silent link carries no SYN. */
type Event =
  | { readonly kind: 'open'; readonly open: () => void }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'reset' };

type Queued = Event & { readonly arrivedAt: number };

/** Beyond this many waiting bytes the sender is not read any more and the kernel keeps what it sends. */
const readAhead = 1024 * 1024;

/** One direction of one connection: takes what `from` sends and delivers it to `to` by the rule in force. */
export class FaultLane {
  private readonly queue: Queued[] = [];
  private rule: LaneRule;
  private readonly onDelivered: (bytes: number) => void;
  private waitingBytes = 0;
  private lastDelivery = -Infinity;
  private isBlocked = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    options: { readonly rule: LaneRule; readonly onDelivered: (bytes: number) => void },
  ) {
    this.rule = options.rule;
    this.onDelivered = options.onDelivered;
    from.on('data', (bytes: Buffer) => this.push({ kind: 'bytes', bytes }));
    from.on('end', () => this.push({ kind: 'end' }));
    from.on('error', () => this.push({ kind: 'reset' }));
    to.on('drain', () => this.unblock());
    to.on('close', () => this.unblock());
  }

  /** Bytes that were received and not delivered yet. */
  get heldBytes(): number {
    return this.waitingBytes;
  }

  push(event: Event): void {
    this.queue.push({ ...event, arrivedAt: performance.now() });
    if (event.kind === 'bytes') this.waitingBytes += event.bytes.length;
    this.deliverDue();
  }

  follow(rule: LaneRule): void {
    this.rule = rule;
    this.deliverDue();
  }

  /** Forgets what waits. */
  discard(): void {
    clearTimeout(this.timer);
    this.queue.length = 0;
    this.waitingBytes = 0;
  }

  private deliverDue(): void {
    clearTimeout(this.timer);
    for (let event = this.queue[0]; event && !this.isBlocked; event = this.queue[0]) {
      const waitMs = this.waitFor(event);
      if (waitMs > 0) {
        if (waitMs < Infinity) this.timer = setTimeout(() => this.deliverDue(), waitMs);
        break;
      }
      this.queue.shift();
      this.deliver(event);
    }
    if (this.waitingBytes > readAhead) this.from.pause();
    else this.from.resume();
  }

  private waitFor(event: Queued): number {
    switch (this.rule.kind) {
      case 'pass':
        return 0;
      case 'hold':
        return Infinity;
      case 'delay':
        return event.arrivedAt + this.rule.ms - performance.now();
      case 'slice':
        return event.kind === 'bytes' ? this.lastDelivery + this.rule.ms - performance.now() : 0;
    }
  }

  private deliver(event: Queued): void {
    switch (event.kind) {
      case 'open':
        return event.open();
      case 'bytes':
        return this.deliverBytes(event);
      case 'end':
        return void this.to.end();
      case 'reset':
        return this.deliverReset();
    }
  }

  private deliverBytes(event: Extract<Queued, { kind: 'bytes' }>): void {
    const size =
      this.rule.kind === 'slice' ? Math.min(this.rule.bytes, event.bytes.length) : event.bytes.length;
    if (size < event.bytes.length) this.queue.unshift({ ...event, bytes: event.bytes.subarray(size) });
    this.waitingBytes -= size;
    this.lastDelivery = performance.now();
    // Nobody is there to receive it; its sender learns that from the other lane.
    if (!this.to.writable) return;
    this.isBlocked = !this.to.write(event.bytes.subarray(0, size));
    this.onDelivered(size);
  }

  /** After the bytes before it: RST makes the kernel forget what it has not sent. */
  private deliverReset(): void {
    if (this.to.writable && this.to.writableLength > 0) this.to.write('', () => resetSocket(this.to));
    else resetSocket(this.to);
  }

  private unblock(): void {
    this.isBlocked = false;
    this.deliverDue();
  }
}

/**
 * Ends a connection by RST. One that was never opened is just given up, and one whose FIN is being sent is closed:
 * libuv refuses to reset that, and Node then keeps a handle for which it waits for ever when the process exits.
 */
export function resetSocket(socket: Socket): void {
  if (socket.destroyed) return;
  const isSendingFin = socket.writableEnded && !socket.writableFinished;
  if (socket.pending || isSendingFin) socket.destroy();
  else socket.resetAndDestroy();
}
