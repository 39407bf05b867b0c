import fc from 'fast-check';
import fastify from 'fastify';
import { MalformedRequestError } from '../errors/http.errors.js';
import { acceptJsonOnly, bodyLimitBytes } from './json-body.js';

/** Answers with what was read, or with the words of the refusal. */
function echo() {
  const server = fastify();
  acceptJsonOnly(server);
  server.setErrorHandler((error, _request, reply) =>
    reply
      .status(error instanceof MalformedRequestError ? 400 : 500)
      .send({ refused: (error as Error).message }),
  );
  server.post('/', (request, reply) => reply.send({ read: request.body }));
  return async (payload: string | Buffer) => {
    const headers = { 'content-type': 'application/json' };
    const reply = await server.inject({ method: 'POST', url: '/', headers, payload });
    return { status: reply.statusCode, body: reply.json<{ read?: unknown; refused?: string }>() };
  };
}

describe('the JSON body', () => {
  const read = echo();

  it('is read exactly as JSON.parse reads it, whatever names, colons and brackets it holds', async () => {
    const name = fc.string().filter((text) => !['__proto__', 'constructor'].includes(text));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.string({ unit: 'binary' }),
        fc.constantFrom('a:b', '{"a":1}', '[[', '\\"', '"', 'ü:🎉'),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(name, tie('value'), { maxKeys: 4 }),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, fc.constantFrom(0, 1, '\t'), async (given, indent) => {
        const text = JSON.stringify(given, null, indent);
        expect(await read(text)).toEqual({ status: 200, body: { read: JSON.parse(text) } });
      }),
      { numRuns: 300 },
    );
  });

  it('is refused when any member is named twice, however deep', async () => {
    const place = fc.constantFrom('%', '[%]', '{"x":%}', '[1,{"x":[%]}]', '{"x":{"y":%}}');
    await fc.assert(
      fc.asyncProperty(place, fc.string(), async (around, name) => {
        const twice = `{${JSON.stringify(name)}:1,"other":2,${JSON.stringify(name)}:3}`;
        const { status } = await read(around.replace('%', () => twice));
        expect(status).toBe(400);
      }),
      { numRuns: 100 },
    );
  });

  it('may nest sixteen deep and no deeper', async () => {
    expect((await read('['.repeat(16) + ']'.repeat(16))).status).toBe(200);
    expect(await read('['.repeat(17) + ']'.repeat(17))).toEqual({
      status: 400,
      body: { refused: 'The body is nested too deeply.' },
    });
  });

  it('is nothing if it is empty', async () => {
    expect(await read('')).toEqual({ status: 200, body: {} });
  });

  it('never appears in the words of its refusal', async () => {
    for (const text of [
      '{"password":"hunter2"',
      '\ufeff{"password":"hunter2"}',
      '{"password":"hunter2","password":1}',
    ]) {
      const { status, body } = await read(text);
      expect(status).toBe(400);
      expect(body.refused).not.toContain('hunter2');
    }
  });

  it('may fill 64 KiB in any shape and is still read at once', async () => {
    const shapes = [
      JSON.stringify(':'.repeat(bodyLimitBytes - 2)),
      `[${'{},'.repeat(21_800)}{}]`,
      `{${Array.from({ length: 6000 }, (_, index) => `"${index}":0`).join()}}`,
    ];
    for (const text of shapes) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(bodyLimitBytes);
      expect((await read(text)).status).toBe(200);
    }
  });
});
