/** Acts on all of them, so many at once; returns the milliseconds. */
export async function spread(items, callers, act) {
  const started = performance.now();
  let next = 0;
  const caller = async () => {
    while (next < items.length) await act(items[next++]);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return performance.now() - started;
}
