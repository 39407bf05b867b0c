/** A program of its own that answers questions; ended with this process. */
export class Child {
  /** Its environment is PATH and what is given. */
  constructor(
    program: string,
    options?: { env?: Readonly<Record<string, string>>; execArgv?: readonly string[]; isMeasured?: boolean },
  );
  /** Resolves with what it answers; rejects if it exits instead. */
  ask<Answer>(question: string, details?: object): Promise<Answer>;
  /** Resolves when somebody listens on the port. */
  listens(port: number): Promise<void>;
  kill(): Promise<void>;
}

export const root: string;
export function freePort(): Promise<number>;
