import type { FastifyInstance } from 'fastify';

/**
 * Requests that arrive in one turn of the event loop are handled together at its end, step by step side by side: so
 * they ask Redis in one command, and their replies are written one right after the other. Each write wakes whoever
 * reads, and waking a sleeper costs the kernel as much as half a session check: with other work in between, every reader
 * is asleep again. A request that is alone waits for nothing, since its turn ends with it.
 */
export function handleTogether(server: FastifyInstance): void {
  let arrived: (() => void)[] = [];
  const handle = (): void => {
    const now = arrived;
    arrived = [];
    for (const go of now) go();
  };
  server.addHook('onRequest', (_request, _reply, done) => {
    if (arrived.push(done) === 1) setImmediate(handle);
  });
}
