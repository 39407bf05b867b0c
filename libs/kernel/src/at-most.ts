/** Resolves when `work` does, or after so many milliseconds without it. The wait alone keeps no process alive. */
export async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const patience = new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
  await Promise.race([work, patience]);
}
