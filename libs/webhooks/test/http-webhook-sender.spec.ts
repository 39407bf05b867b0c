import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server as TcpServer } from 'node:net';
import { SystemClock } from '@app/kernel';
import { HttpWebhookSender } from '../src/infrastructure/http/http-webhook-sender.js';
import { DnsNameResolver, NameResolver } from '../src/infrastructure/http/name-resolver.js';

/** Names that lead where the test says, and how often each was asked for. */
class ScriptedNames extends NameResolver {
  readonly asked: string[] = [];

  constructor(private readonly addresses: Record<string, readonly string[][]>) {
    super();
  }

  async resolve(name: string): Promise<readonly string[]> {
    const times = this.asked.filter((known) => known === name).length;
    this.asked.push(name);
    const answers = this.addresses[name];
    if (!answers) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    return answers[Math.min(times, answers.length - 1)]!;
  }
}

const clock = new SystemClock();
const never = new AbortController().signal;
const servers: (Server | TcpServer)[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const portOf = (server: Server | TcpServer): number => (server.address() as AddressInfo).port;

async function listening<S extends Server | TcpServer>(server: S): Promise<S> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const serve = (answer: (request: IncomingMessage, reply: ServerResponse) => void): Promise<Server> =>
  listening(createServer(answer));

function sender({
  allowPrivate = true,
  timeoutSeconds = 5,
  names = new ScriptedNames({}),
}: { allowPrivate?: boolean; timeoutSeconds?: number; names?: NameResolver } = {}) {
  return new HttpWebhookSender(names, clock, { allowPrivate, timeoutSeconds, historyDays: 1 });
}

const requestTo = (url: string, body = '{}') => ({ url, headers: { 'webhook-id': 'evt_1' }, body });

describe(HttpWebhookSender.name, () => {
  it('sends the exact bytes, with their number, by POST', async () => {
    const seen: unknown[] = [];
    const server = await serve((request, reply) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const { method, url, headers } = request;
        seen.push([method, url, headers['content-length'], headers.host, Buffer.concat(parts).toString()]);
        reply.end('thank you');
      });
    });
    const url = `http://127.0.0.1:${portOf(server)}/a/b?token=x%20y`;
    const attempt = await sender().send(requestTo(url, '{"a":"blåbær 🫐"}'), never);
    expect(attempt).toMatchObject({ status: 200, error: null, excerpt: 'thank you' });
    expect(seen).toEqual([
      ['POST', '/a/b?token=x%20y', '21', `127.0.0.1:${portOf(server)}`, '{"a":"blåbær 🫐"}'],
    ]);
  });

  it('v5.0.0-15.3.2 follows no redirect', async () => {
    let requests = 0;
    const server = await serve((_request, reply) => {
      requests += 1;
      reply.writeHead(307, { location: `http://127.0.0.1:${portOf(server)}/elsewhere` }).end();
    });
    const attempt = await sender().send(requestTo(`http://127.0.0.1:${portOf(server)}/`), never);
    expect(attempt).toMatchObject({ status: 307, error: 'http_307' });
    expect(requests).toBe(1);
  });

  it.each([
    ['120', 120],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['soon', null],
  ])('reads Retry-After: %s', async (header, seconds) => {
    const server = await serve(
      (_request, reply) => void reply.writeHead(429, { 'retry-after': header }).end(),
    );
    const attempt = await sender().send(requestTo(`http://127.0.0.1:${portOf(server)}/`), never);
    expect(attempt.retryAfterSeconds).toBe(seconds);
  });

  it('gives up on one that says nothing, and at once when told to', async () => {
    const server = await serve(() => undefined);
    const url = `http://127.0.0.1:${portOf(server)}/`;
    const attempt = await sender({ timeoutSeconds: 0.2 }).send(requestTo(url), never);
    expect(attempt).toMatchObject({ status: null, error: 'timeout' });
    const ending = new AbortController();
    const sending = sender().send(requestTo(url), ending.signal);
    ending.abort();
    expect(await sending).toMatchObject({ status: null, error: 'aborted' });
    server.closeAllConnections();
  });

  it('believes the status and reads an endless body no further than needed', async () => {
    let sent = 0;
    const server = await serve((_request, reply) => {
      const pour = (): void => {
        while (!reply.destroyed && reply.write('\u0007<script>')) sent += 9;
        reply.once('drain', pour);
      };
      reply.writeHead(202);
      pour();
    });
    const attempt = await sender().send(requestTo(`http://127.0.0.1:${portOf(server)}/`), never);
    expect(attempt).toMatchObject({ status: 202, error: null });
    expect(attempt.excerpt).toHaveLength(511);
    expect(attempt.excerpt).not.toContain('\u0007');
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it.each([
    ['hangs up', '', 'ECONNRESET'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n', 'HPE_INVALID_CONSTANT'],
  ])('reports one that %s', async (_what, words, error) => {
    const server = await listening(createTcpServer((socket) => socket.once('data', () => socket.end(words))));
    const attempt = await sender().send(requestTo(`http://127.0.0.1:${portOf(server)}/`), never);
    expect(attempt).toMatchObject({ status: null, error });
  });

  it('reports what nobody listens to, and a name that does not exist', async () => {
    const server = await serve(() => undefined);
    const port = portOf(server);
    server.close();
    servers.splice(0);
    expect((await sender().send(requestTo(`http://127.0.0.1:${port}/`), never)).error).toBe('ECONNREFUSED');
    expect((await sender().send(requestTo('http://nobody.example/'), never)).error).toBe('ENOTFOUND');
  });

  it('v5.0.0-12.3.2 speaks to no server whose certificate is missing or not good for the name', async () => {
    const server = await serve((_request, reply) => void reply.end());
    const attempt = await sender().send(requestTo(`https://127.0.0.1:${portOf(server)}/`), never);
    expect(attempt).toMatchObject({ status: null, error: expect.stringMatching(/SSL|TLS|EPROTO/) });
  });

  it('asks no proxy of the environment', async () => {
    const before = { ...process.env };
    Object.assign(process.env, {
      HTTP_PROXY: 'http://127.0.0.1:9',
      http_proxy: 'http://127.0.0.1:9',
      NODE_USE_ENV_PROXY: '1',
    });
    const server = await serve((_request, reply) => void reply.end());
    const attempt = await sender().send(requestTo(`http://127.0.0.1:${portOf(server)}/`), never);
    process.env = before;
    expect(attempt.status).toBe(200);
  });
});

describe('v5.0.0-1.3.6 without WEBHOOK_ALLOW_PRIVATE', () => {
  const isRefused = (url: string, names: NameResolver = new ScriptedNames({})): Promise<unknown> =>
    sender({ allowPrivate: false, names })
      .assertAllowed(url)
      .then(
        () => false,
        ({ code, facts }) => [code, facts.errors[0].field],
      );

  it.each([
    'http://example.com/',
    'ftp://example.com/',
    'javascript:alert(1)',
    'nonsense',
    'https://user:password@example.com/',
    'https://example.com/#part',
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0177.0.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[fd00::1]/',
    'https://0/',
    'https://inside.example/',
    'https://both.example/',
  ])('%s is refused', async (url) => {
    const names = new ScriptedNames({
      'inside.example': [['10.1.2.3']],
      'both.example': [['93.184.216.34', '127.0.0.1']],
    });
    expect(await isRefused(url, names)).toEqual(['VALIDATION_FAILED', 'url']);
  });

  it('a public place is not refused, nor one whose name nobody knows yet', async () => {
    const names = new ScriptedNames({ 'outside.example': [['93.184.216.34', '2606:4700::1']] });
    expect(await isRefused('https://outside.example/hooks?key=1', names)).toBe(false);
    expect(await isRefused('https://later.example/', names)).toBe(false);
  });

  it('localhost is refused, as the name servers or the hosts file of this machine know it', async () => {
    expect(await isRefused('https://localhost/', new DnsNameResolver())).toEqual([
      'VALIDATION_FAILED',
      'url',
    ]);
  });

  it('a name that moves inside after it was accepted is not connected to', async () => {
    let connections = 0;
    const server = await listening(createTcpServer((socket) => (connections++, socket.destroy())));
    const names = new ScriptedNames({ 'rebinding.example': [['93.184.216.34'], ['127.0.0.1']] });
    const url = `https://rebinding.example:${portOf(server)}/`;
    const strict = sender({ allowPrivate: false, names });
    await strict.assertAllowed(url);
    expect(await strict.send(requestTo(url), never)).toMatchObject({ status: null, error: 'target_refused' });
    expect([connections, names.asked.length]).toEqual([0, 2]);
  });

  it('nothing is sent to a place that was allowed before', async () => {
    const server = await serve((_request, reply) => void reply.end());
    const strict = sender({ allowPrivate: false });
    for (const url of [`http://127.0.0.1:${portOf(server)}/`, `https://127.0.0.1:${portOf(server)}/`])
      expect(await strict.send(requestTo(url), never)).toMatchObject({
        status: null,
        error: 'target_refused',
      });
  });

  it('a name is asked for once per try, and only the addresses told are connected to', async () => {
    const server = await serve((_request, reply) => void reply.end());
    const names = new ScriptedNames({ 'moving.example': [['127.0.0.1'], ['192.0.2.1']] });
    const attempt = await sender({ names }).send(
      requestTo(`http://moving.example:${portOf(server)}/`),
      never,
    );
    expect([attempt.status, names.asked]).toEqual([200, ['moving.example']]);
  });
});
