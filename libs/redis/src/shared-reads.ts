import type { RedisConnection } from './redis-connection.js';

/** Reads in one command. More, and the server would have nothing to do while the next one is being written. */
const maxTogether = 16;

interface Waiting {
  readonly names: readonly string[];
  readonly resolve: (texts: (string | null)[]) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Reads that are asked for in one turn of the event loop, by whomever, leave in one command: most of what a read costs
 * both sides is the command around it. None joins a command that has left, so none is answered from before it was asked
 * for (ADR 2). In a cluster each goes alone, since a command may touch one slot only. In traces the
 * command belongs to the first who asked.
 */
export class SharedReads {
  private waiting: Waiting[] = [];

  constructor(private readonly redis: RedisConnection) {}

  /**
   * What is stored under these names at one instant; null for none and for what is no text. Rejects with
   * StoreUnavailableError like `RedisConnection.run`.
   */
  read(names: readonly string[]): Promise<(string | null)[]> {
    return new Promise((resolve, reject) => {
      if (this.waiting.push({ names, resolve, reject }) === 1) process.nextTick(() => this.send());
    });
  }

  private send(): void {
    const all = this.waiting;
    this.waiting = [];
    const size = this.redis.isCluster ? 1 : maxTogether;
    for (let start = 0; start < all.length; start += size) void this.ask(all.slice(start, start + size));
  }

  private async ask(reads: readonly Waiting[]): Promise<void> {
    try {
      const names = reads.flatMap((read) => read.names);
      const texts = await this.redis.run((client) => client.mget(names));
      let from = 0;
      for (const { names: own, resolve } of reads) resolve(texts.slice(from, (from += own.length)));
    } catch (error) {
      for (const { reject } of reads) reject(error);
    }
  }
}
