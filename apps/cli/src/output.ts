/** What a command has come to: for people, and for programs with `--json`. */
export interface Result {
  readonly text: string;
  readonly json: unknown;
}

/** Rows under a heading, in columns. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one a line. */
export function facts(values: Readonly<Record<string, string | number | null>>): string {
  const longest = Math.max(...Object.keys(values).map((name) => name.length));
  return Object.entries(values)
    .map(([name, value]) => `${name.padEnd(longest)}  ${value ?? '-'}`)
    .join('\n');
}

export function instantOrDash(time: Date | null): string {
  return time ? time.toISOString() : '-';
}

/** Text of others on a terminal: control characters could move the cursor or recolour what follows. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '\u{FFFD}');
}
