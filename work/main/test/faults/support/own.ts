const endings: (() => unknown)[] = [];

/** Runs `end`, and waits for it, after the test file; the last first, and each whatever becomes of the others. */
export function own(end: () => unknown): void {
  endings.push(end);
}

afterAll(async () => {
  const failures: unknown[] = [];
  for (const end of endings.splice(0).toReversed()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
});
