import fastify from 'fastify';
import { sendTogether } from './reply-batch.js';

describe(sendTogether, () => {
  it('sends what becomes ready in one turn of the event loop at its end, in that order', async () => {
    const server = fastify();
    const events: string[] = [];
    sendTogether(server);
    server.addHook('onResponse', async ({ url }) => void events.push(`sent ${url}`));
    const waiting: (() => void)[] = [];
    server.get('/:name', ({ url }, reply) => {
      waiting.push(() => {
        events.push(`ready ${url}`);
        void reply.send({ url });
      });
      if (waiting.length === 3) for (const finish of waiting) finish();
    });
    const replies = await Promise.all(['/a', '/b', '/c'].map((url) => server.inject(url)));
    expect(replies.map((reply) => reply.json().url)).toEqual(['/a', '/b', '/c']);
    expect(events).toEqual(['ready /a', 'ready /b', 'ready /c', 'sent /a', 'sent /b', 'sent /c']);
  });
});
