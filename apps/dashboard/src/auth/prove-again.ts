type Ask = () => Promise<boolean>;

let ask: Ask | null = null;
let running: Promise<boolean> | null = null;

/** The dialog that asks registers itself; the returned function takes it away again. */
export function registerQuestion(next: Ask): () => void {
  ask = next;
  return () => {
    ask = null;
  };
}

/** Asks for the password once, however many requests wait for it. */
export function proveAgain(): Promise<boolean> {
  running ??= (ask?.() ?? Promise.resolve(false)).finally(() => {
    running = null;
  });
  return running;
}
