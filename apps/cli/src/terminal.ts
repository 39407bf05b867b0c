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
  private isDrawn = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly label: string,
  ) {}

  /** `total` 0: unknown, or nothing to do; then there is no bar, only a count. */
  show(done: number, total: number): void {
    const share = total > 0 ? Math.min(1, done / total) : 0;
    const count = total > 0 ? `${done} of ${total}` : String(done);
    if (this.terminal.isWatched) {
      this.isDrawn = true;
      const full = Math.round(share * width);
      const bar = total > 0 ? ` [${'#'.repeat(full)}${'.'.repeat(width - full)}]` : ':';
      this.terminal.err(`\r${this.label}${bar} ${count} `);
      return;
    }
    const tenth = total > 0 ? Math.floor(share * 10) : Math.floor(done / 10_000);
    if (tenth === this.lastTenth) return;
    this.lastTenth = tenth;
    this.terminal.err(`${this.label}: ${count}\n`);
  }

  /** What is written next begins a line of its own. */
  end(): void {
    if (this.isDrawn) this.terminal.err('\n');
    this.isDrawn = false;
  }
}

/** Work in stages that do not know how long they are: a line for each, one after the other. */
export class Stages {
  private current: { readonly label: string; readonly progress: Progress } | null = null;

  constructor(private readonly terminal: Terminal) {}

  show(label: string, done: number): void {
    if (this.current?.label !== label) {
      this.end();
      this.current = { label, progress: new Progress(this.terminal, label) };
    }
    this.current.progress.show(done, 0);
  }

  end(): void {
    this.current?.progress.end();
    this.current = null;
  }
}
