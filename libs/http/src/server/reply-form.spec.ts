import fastify, { type FastifyContextConfig } from 'fastify';
import { z } from 'zod';
import { keepReplyForms, keptForm } from './reply-form.js';

const schema = z.object({ success: z.literal(true), data: z.object({ name: z.string() }) });

async function answer(config: FastifyContextConfig, reply: unknown) {
  const server = fastify();
  keepReplyForms(server);
  server.get('/', { config }, async () => reply);
  const { statusCode, body } = await server.inject('/');
  return [statusCode, JSON.parse(body)];
}

describe(keepReplyForms, () => {
  const enveloped = { replyForm: keptForm({ schema, isEnveloped: true }) };

  it('puts the envelope around a reply and leaves out what its schema does not name', async () => {
    expect(await answer(enveloped, { name: 'Ann', passwordHash: 'x' })).toEqual([
      200,
      { success: true, data: { name: 'Ann' } },
    ]);
  });

  it('leaves replies bare whose form somebody else has fixed', async () => {
    const bare = { replyForm: keptForm({ schema: z.object({ active: z.boolean() }), isEnveloped: false }) };
    expect(await answer(bare, { active: true, more: 1 })).toEqual([200, { active: true }]);
  });

  it('makes a reply that breaks its schema an error that names the place and not the value', async () => {
    const [status, body] = await answer(enveloped, { name: 7 });
    expect(status).toBe(500);
    expect(body.message).toMatch(/^a reply breaks its schema: data\.name: /);
  });

  it('checks and writes a frozen reply once, and any other each time', async () => {
    const server = fastify();
    keepReplyForms(server);
    let reads = 0;
    const view = () =>
      Object.defineProperty({}, 'name', { enumerable: true, get: () => `Ann ${(reads += 1)}` });
    const [frozen, open] = [Object.freeze(view()), view()];
    server.get('/frozen', { config: enveloped }, () => frozen);
    server.get('/open', { config: enveloped }, () => open);
    const names: string[] = [];
    for (const url of ['/frozen', '/frozen', '/open', '/open'])
      names.push((await server.inject(url)).json().data.name);
    expect(names).toEqual(['Ann 1', 'Ann 1', 'Ann 2', 'Ann 3']);
  });

  it('does not touch routes that promise nothing, nor refusals, which are text', async () => {
    expect(await answer({}, { any: 'thing' })).toEqual([200, { any: 'thing' }]);
    expect(await answer(enveloped, JSON.stringify({ code: 'NOT_FOUND' }))).toEqual([
      200,
      { code: 'NOT_FOUND' },
    ]);
  });
});
