import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from './free-port.js';
import { resetSocket } from './fault-lane.js';
import { FaultLink, type Target } from './fault-link.js';
import type { Direction, FaultMode } from './fault-mode.js';

const host = '127.0.0.1';

/**
 * A TCP proxy that misbehaves on command; one per pair of instance and store cuts exactly that pair. It starts
 * in mode `pass`. Always `close()` it, or the test process does not end by itself.
 */
export class FaultProxy {
  /** Where clients connect, on 127.0.0.1; the same through all modes. */
  readonly port: number;
  /** Since the start: connections accepted, and bytes delivered each way. */
  readonly counters = { connections: 0, upstream: 0, downstream: 0 };
  private readonly links = new Set<FaultLink>();
  private listener: Server | null = null;
  private current: FaultMode = { kind: 'pass' };
  private lastChange: Promise<void> = Promise.resolve();

  private constructor(
    port: number,
    private target: Target,
  ) {
    this.port = port;
  }

  static async start({ target }: { readonly target: Target }): Promise<FaultProxy> {
    const proxy = new FaultProxy(await freePort(), target);
    await proxy.listen();
    return proxy;
  }

  get mode(): FaultMode {
    return this.current;
  }

  /** Bytes received and not delivered yet: what a held link keeps. */
  get heldBytes(): Readonly<Record<Direction, number>> {
    const sum = (direction: Direction): number =>
      [...this.links].reduce((bytes, link) => bytes + link.heldBytes(direction), 0);
    return { upstream: sum('upstream'), downstream: sum('downstream') };
  }

  /** The same URL with the address of the proxy. */
  through(url: string): string {
    const proxied = new URL(url);
    proxied.hostname = host;
    proxied.port = String(this.port);
    return proxied.href;
  }

  /**
   * Resolves when the mode is in force for existing and new connections. Held bytes are delivered when the new
   * mode lets them through, and lost when it ends the connections. Rejects only when the port, given up by
   * `refuse`, was taken by somebody else meanwhile.
   */
  set(mode: FaultMode): Promise<void> {
    const change = this.lastChange.then(() => this.enter(mode));
    this.lastChange = change.catch(() => undefined);
    return change;
  }

  /** New connections go there; existing ones are reset. */
  retarget(target: Target): void {
    this.target = target;
    this.resetAll();
  }

  /** Ends everything; resolves when nobody listens any more. */
  async close(): Promise<void> {
    await this.set({ kind: 'refuse' });
  }

  private async enter(mode: FaultMode): Promise<void> {
    this.current = mode;
    if (mode.kind === 'refuse') this.stopListening();
    if (mode.kind === 'refuse' || mode.kind === 'reset') this.resetAll();
    else this.links.forEach((link) => link.follow(mode));
    if (mode.kind !== 'refuse' && !this.listener) await this.listen();
  }

  private listen(): Promise<void> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.accept(client));
    return new Promise((resolve, reject) => {
      listener.on('error', reject);
      listener.listen(this.port, host, () => {
        this.listener = listener;
        resolve();
      });
    });
  }

  private stopListening(): void {
    this.listener?.close();
    this.listener = null;
  }

  private accept(client: Socket): void {
    this.counters.connections += 1;
    if (this.current.kind === 'reset') return this.resetNewcomer(client);
    const link = new FaultLink({
      client,
      target: this.target,
      mode: this.current,
      onDelivered: (direction, bytes) => (this.counters[direction] += bytes),
      onClosed: () => this.links.delete(link),
    });
    this.links.add(link);
  }

  private resetNewcomer(client: Socket): void {
    client.on('error', () => undefined); // It may have been reset from the other side already.
    resetSocket(client);
  }

  private resetAll(): void {
    this.links.forEach((link) => link.reset());
    this.links.clear();
  }
}
