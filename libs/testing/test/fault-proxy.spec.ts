import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { eventually, FaultProxy, freePort, RedisProcess } from '../src/index.js';
import { RawClient } from './raw-client.js';

describe(FaultProxy.name, () => {
  let redis: RedisProcess;
  let proxy: FaultProxy;
  const clients: RawClient[] = [];

  const client = async (): Promise<RawClient> => {
    const opened = await RawClient.open(proxy.port);
    clients.push(opened);
    return opened;
  };
  const held = (direction: 'upstream' | 'downstream'): Promise<number> =>
    eventually(() => proxy.heldBytes[direction], { describe: `bytes are held ${direction}` });

  beforeAll(async () => {
    redis = await RedisProcess.start();
  });
  beforeEach(async () => {
    await redis.command('FLUSHALL');
    proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port: redis.port } });
  });
  afterEach(async () => {
    clients.splice(0).forEach((each) => each.close());
    await proxy.close();
  });
  afterAll(() => redis.stop());

  it('passes bytes both ways and counts them', async () => {
    const one = await client();
    await one.ask('ECHO hello', 'hello');
    expect(proxy.counters).toEqual({ connections: 1, upstream: 12, downstream: 11 });
  });

  it('gives the URL of a store the address of the proxy and keeps the rest', () => {
    expect(proxy.through('redis://user:secret@store:6379/3')).toBe(
      `redis://user:secret@127.0.0.1:${proxy.port}/3`,
    );
  });

  it('keeps held bytes and delivers them on release', async () => {
    const one = await client();
    await one.ask('PING', 'PONG');
    one.received = '';
    await proxy.set({ kind: 'hold' });
    one.send('SET key kept');
    await held('upstream');
    expect(await redis.command('GET', 'key')).toBeNull();
    await proxy.set({ kind: 'pass' });
    await eventually(() => one.received === '+OK\r\n', { describe: 'the reply' });
    expect(await redis.command('GET', 'key')).toBe('kept');
  });

  it('delivers held bytes even if their sender gave up', async () => {
    const one = await client();
    await proxy.set({ kind: 'hold' });
    one.send('SET key zombie');
    one.close();
    await held('upstream');
    await proxy.set({ kind: 'pass' });
    const written = await eventually(() => redis.command('GET', 'key'), { describe: 'the late write' });
    expect(written).toBe('zombie');
  });

  it('accepts a connection while held and opens it on release', async () => {
    await proxy.set({ kind: 'hold' });
    const one = await client();
    one.send('PING');
    await held('upstream');
    expect(await redis.command('CLIENT', 'LIST', 'TYPE', 'normal')).not.toMatch(/\n.*\n/);
    await proxy.set({ kind: 'pass' });
    await eventually(() => one.received === '+PONG\r\n', { describe: 'the reply' });
  });

  it('lets the command run and keeps the reply when only the way back is held', async () => {
    const one = await client();
    await proxy.set({ kind: 'hold', direction: 'downstream' });
    one.send('SET key done');
    await held('downstream');
    expect(await redis.command('GET', 'key')).toBe('done');
    expect(one.received).toBe('');
    await proxy.set({ kind: 'pass' });
    await eventually(() => one.received === '+OK\r\n', { describe: 'the reply' });
  });

  it('keeps the command and lets messages through when only the way there is held', async () => {
    const one = await client();
    await one.ask('SUBSCRIBE news', 'subscribe');
    await proxy.set({ kind: 'hold', direction: 'upstream' });
    one.send('UNSUBSCRIBE news');
    await held('upstream');
    await redis.command('PUBLISH', 'news', 'flash');
    await eventually(() => one.received.includes('flash'), { describe: 'the message' });
    expect(one.received).not.toContain('unsubscribe');
  });

  it('delays each direction and keeps the order', async () => {
    const one = await client();
    await one.ask('PING', 'PONG');
    await proxy.set({ kind: 'delay', ms: 60 });
    const tookMs = await one.ask('ECHO a\r\nECHO b', 'a\r\n$1\r\nb');
    expect(tookMs).toBeGreaterThanOrEqual(119);
    expect(tookMs).toBeLessThan(5_000);
  });

  it('delivers in slices with pauses between them', async () => {
    const one = await client();
    await one.ask('PING', 'PONG');
    await proxy.set({ kind: 'slice', bytes: 5, ms: 20 });
    // 12 bytes there are three slices, and so are 11 bytes back.
    const tookMs = await one.ask('ECHO hello', 'hello\r\n');
    expect(tookMs).toBeGreaterThanOrEqual(79);
    expect(tookMs).toBeLessThan(5_000);
  });

  it('resets existing connections, and new ones once they are accepted', async () => {
    const before = await client();
    await before.ask('PING', 'PONG');
    await proxy.set({ kind: 'reset' });
    expect(await before.ended()).toBe('ECONNRESET');
    // The RST may arrive before the client has noticed that it is connected.
    const after = await client().then(
      (connected) => connected.ended(),
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(after).toBe('ECONNRESET');
  });

  it('refuses new connections and resets existing ones until it passes again', async () => {
    const before = await client();
    await before.ask('PING', 'PONG');
    await proxy.set({ kind: 'refuse' });
    expect(await before.ended()).toBe('ECONNRESET');
    await expect(client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await proxy.set({ kind: 'pass' });
    await (await client()).ask('PING', 'PONG');
  });

  it('takes changes of mode in their order even if nobody awaits them', async () => {
    void proxy.set({ kind: 'refuse' });
    void proxy.set({ kind: 'hold' });
    void proxy.set({ kind: 'refuse' });
    await proxy.set({ kind: 'pass' });
    await (await client()).ask('PING', 'PONG');
    expect(proxy.mode).toEqual({ kind: 'pass' });
  });

  it('sends new connections to a new target and resets the existing ones', async () => {
    const other = await RedisProcess.start();
    const before = await client();
    await before.ask('PING', 'PONG');
    proxy.retarget({ host: '127.0.0.1', port: other.port });
    expect(await before.ended()).toBe('ECONNRESET');
    await (await client()).ask('SET key there', 'OK');
    expect(await other.command('GET', 'key')).toBe('there');
    await other.stop();
  });

  it('resets the client when the target is dead, but only once the link lets it know', async () => {
    proxy.retarget({ host: '127.0.0.1', port: await freePort() });
    await proxy.set({ kind: 'hold' });
    const one = await client();
    one.send('PING');
    await held('upstream');
    expect(one.ending).toBeNull();
    await proxy.set({ kind: 'pass' });
    expect(await one.ended()).toBe('ECONNRESET');
  });
});

describe(`${FaultProxy.name} under load`, () => {
  const size = 32 * 1024 * 1024;
  let server: Server;
  let sink: Socket;
  let proxy: FaultProxy;
  let sender: Socket;

  beforeEach(async () => {
    server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    proxy = await FaultProxy.start({ target: { host: '127.0.0.1', port } });
    sender = connect({ host: '127.0.0.1', port: proxy.port });
    [sink] = (await once(server, 'connection')) as [Socket];
    sink.pause();
  });
  afterEach(async () => {
    sender.destroy();
    sink.destroy();
    await proxy.close();
    server.close();
  });

  it('makes a fast sender wait for a slow receiver and loses nothing', async () => {
    let received = 0;
    sender.end(Buffer.alloc(size, 'x'));
    await eventually(() => proxy.heldBytes.upstream > 1024 * 1024, { describe: 'the proxy stops reading' });
    expect(proxy.heldBytes.upstream).toBeLessThan(4 * 1024 * 1024);
    sink.on('data', (bytes: Buffer) => (received += bytes.length)).resume();
    await once(sink, 'end');
    expect(received).toBe(size);
    expect(proxy.counters.upstream).toBe(size);
  });

  it('keeps a bounded part of a large hold in memory and delivers all of it', async () => {
    let received = 0;
    await proxy.set({ kind: 'hold' });
    sender.end(Buffer.alloc(size, 'x'));
    await eventually(() => proxy.heldBytes.upstream > 1024 * 1024, { describe: 'the proxy stops reading' });
    sink.on('data', (bytes: Buffer) => (received += bytes.length)).resume();
    await proxy.set({ kind: 'pass' });
    await once(sink, 'end');
    expect(received).toBe(size);
  });

  it('passes an end on and still delivers the answer to it', async () => {
    let answer = '';
    sender.on('data', (bytes: Buffer) => (answer += bytes.toString()));
    sink.on('end', () => sink.end('goodbye')).resume();
    sender.end('hello');
    await once(sender, 'close');
    expect(answer).toBe('goodbye');
  });
});
