import fastify from 'fastify';
import { handleTogether } from './request-batch.js';

describe(handleTogether, () => {
  it('handles what arrives in one turn of the event loop at its end, in that order', async () => {
    const server = fastify();
    const events: string[] = [];
    server.addHook('onRequest', ({ url }, _reply, done) => {
      events.push(`arrived ${url}`);
      done();
    });
    handleTogether(server);
    server.get('/:name', ({ url }) => {
      events.push(`handled ${url}`);
      return { url };
    });
    await server.ready();
    const replies = await Promise.all(['/a', '/b', '/c'].map((url) => server.inject(url)));
    expect(replies.map((reply) => reply.json().url)).toEqual(['/a', '/b', '/c']);
    expect(events).toEqual([
      'arrived /a',
      'arrived /b',
      'arrived /c',
      'handled /a',
      'handled /b',
      'handled /c',
    ]);
  });
});
