import { Cluster, Redis } from 'ioredis';
import { createClient } from './redis-target.js';

const base = { tls: false };

describe(createClient, () => {
  it('takes one server as its URL says', () => {
    const client = createClient({ ...base, url: 'redis://somewhere:7000/3' });
    expect(client).toBeInstanceOf(Redis);
    expect((client as Redis).options).toMatchObject({ host: 'somewhere', port: 7000, db: 3 });
  });

  it('encrypts for rediss', () => {
    const client = createClient({ url: 'rediss://somewhere', tls: true }) as Redis;
    expect(client.options.tls).toBeTruthy();
  });

  it.each([
    [
      'redis-sentinel://one:1,two:2/main',
      [
        ['one', 1],
        ['two', 2],
      ],
      'main',
    ],
    ['redis-sentinel://one', [['one', 26_379]], 'mymaster'],
    [
      'redis-sentinel://user@one:1,two/x?y=z',
      [
        ['one', 1],
        ['two', 26_379],
      ],
      'x',
    ],
  ])('reads the Sentinels of %s', (url, hosts, name) => {
    const { options } = createClient({ ...base, url }) as Redis;
    expect(options.sentinels?.map(({ host, port }) => [host, port])).toEqual(hosts);
    expect(options.name).toBe(name);
  });

  it('reads the nodes of a cluster', () => {
    const client = createClient({ ...base, url: 'redis-cluster://one:1,two' });
    expect(client).toBeInstanceOf(Cluster);
    expect((client as unknown as { startupNodes: unknown }).startupNodes).toEqual([
      { host: 'one', port: 1 },
      { host: 'two', port: 6379 },
    ]);
  });

  it('neither queues nor repeats a command, and waits 100 ms for it', () => {
    const { options } = createClient({
      ...base,
      url: 'redis://somewhere',
      username: 'me',
      password: 'it',
    }) as Redis;
    expect(options).toMatchObject({
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      commandTimeout: 100,
      username: 'me',
      password: 'it',
    });
  });

  it('connects anew on READONLY only', () => {
    const { reconnectOnError } = (createClient({ ...base, url: 'redis://somewhere' }) as Redis).options;
    expect(reconnectOnError?.(new Error("READONLY You can't write against a read only replica."))).toBe(1);
    expect(reconnectOnError?.(new Error('OOM command not allowed'))).toBe(false);
  });

  it('tries again within a quarter of a second for ever', () => {
    const { retryStrategy } = (createClient({ ...base, url: 'redis://somewhere' }) as Redis).options;
    const pauses = [1, 2, 10, 1_000].map((attempt) => Number(retryStrategy?.(attempt)));
    expect(pauses.every((pause) => pause > 0 && pause < 300)).toBe(true);
  });
});
