/** Where a command speaks to: results on standard output, everything else on standard error. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** True if a person watches, so that progress may be drawn over itself. */
  readonly isWatched: boolean;
  /** Standard input to its end, without the last line end. */
  readInput(): Promise<string>;
}

export const processTerminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isWatched: process.stderr.isTTY ?? false,
  readInput: async () => {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks)
      .toString('utf8')
      .replace(/\r?\n$/, '');
  },
};

const width = 30;

/** How far long work is: a bar for a person, a line per tenth for a file. Both go to standard error. */
export class Progress {
  private lastTenth = -1;

  constructor(
    private readonly terminal: Terminal,
    private readonly label: string,
  ) {}

  /** `total` 0: unknown, or nothing to do. */
  show(done: number, total: number): void {
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const count = total > 0 ? `${done} of ${total}` : String(done);
    if (this.terminal.isWatched) {
      const full = Math.round(share * width);
      const bar = `${'#'.repeat(full)}${'.'.repeat(width - full)}`;
      this.terminal.err(`\r${this.label} [${bar}] ${count} `);
      return;
    }
    const tenth = total > 0 ? Math.floor(share * 10) : Math.floor(done / 10_000);
    if (tenth === this.lastTenth) return;
    this.lastTenth = tenth;
    this.terminal.err(`${this.label}: ${count}\n`);
  }

  end(): void {
    if (this.terminal.isWatched) this.terminal.err('\n');
  }
}
