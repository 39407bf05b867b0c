import { Socket } from 'node:net';
import { FaultLane, resetSocket } from './fault-lane.js';
import { type Direction, type FaultMode, laneRule } from './fault-mode.js';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export interface LinkOptions {
  readonly client: Socket;
  readonly target: Target;
  readonly mode: FaultMode;
  readonly onDelivered: (direction: Direction, bytes: number) => void;
  readonly onClosed: () => void;
}

/** One client's connection through the proxy: two sockets and a lane each way. */
export class FaultLink {
  private readonly server = new Socket({ allowHalfOpen: true });
  private readonly client: Socket;
  private readonly upstream: FaultLane;
  private readonly downstream: FaultLane;

  constructor({ client, target, mode, onDelivered, onClosed }: LinkOptions) {
    this.client = client;
    const lane = (from: Socket, to: Socket, direction: Direction): FaultLane =>
      new FaultLane(from, to, {
        rule: laneRule(mode, direction),
        onDelivered: (bytes) => onDelivered(direction, bytes),
      });
    this.upstream = lane(client, this.server, 'upstream');
    this.downstream = lane(this.server, client, 'downstream');
    const closeBoth = (): void => {
      if (client.destroyed && this.server.destroyed) onClosed();
    };
    client.on('close', closeBoth);
    this.server.on('close', closeBoth);
    this.upstream.push({ kind: 'open', open: () => this.server.connect({ ...target, noDelay: true }) });
  }

  heldBytes(direction: Direction): number {
    return this[direction].heldBytes;
  }

  follow(mode: FaultMode): void {
    this.upstream.follow(laneRule(mode, 'upstream'));
    this.downstream.follow(laneRule(mode, 'downstream'));
  }

  /** Both sides see RST; what was held is lost. */
  reset(): void {
    this.upstream.discard();
    this.downstream.discard();
    resetSocket(this.client);
    resetSocket(this.server);
  }
}
