import { StoreUnavailableError } from '@app/kernel';
import { Together } from '../src/index.js';
import { readsTogether, redisStand } from './stand.js';

const { available, connectionTo, server } = redisStand();

async function stand() {
  const redis = await server();
  const connection = connectionTo(redis.url);
  await available(connection);
  const commands = async (): Promise<number> =>
    Number(/cmdstat_mget:calls=(\d+)/.exec(String(await redis.command('INFO', 'commandstats')))?.[1] ?? 0);
  return { redis, connection, reads: readsTogether(connection), commands };
}

describe(Together, () => {
  it('asks once for what is wanted in one turn of the event loop, and gives everybody their own', async () => {
    const { redis, reads, commands } = await stand();
    await redis.command('MSET', 'a', '1', 'b', '2');
    await redis.command('LPUSH', 'list', 'x');
    const asked = [['a', 'b'], ['b'], ['none', 'a', 'list'], []].map((names) => reads.ask(names));
    expect(await Promise.all(asked)).toEqual([['1', '2'], ['2'], [null, '1', null], []]);
    expect(await commands()).toBe(1);
  });

  it('asks in parts for more than sixteen', async () => {
    const { redis, reads, commands } = await stand();
    const names = Array.from({ length: 40 }, (_, index) => `key${index}`);
    await redis.command('MSET', ...names.flatMap((name) => [name, name]));
    expect(await Promise.all(names.map((name) => reads.ask([name])))).toEqual(names.map((name) => [name]));
    expect(await commands()).toBe(3);
  });

  it('never answers from before it was asked', async () => {
    const { connection, reads } = await stand();
    const before = reads.ask(['a']);
    await new Promise(process.nextTick);
    const written = connection.run((client) => client.set('a', '1'));
    expect([await before, await reads.ask(['a']), await written]).toEqual([[null], ['1'], 'OK']);
  });

  it('refuses all while Redis is away', async () => {
    const { connection, reads } = await stand();
    await connection.close();
    const asked = await Promise.allSettled([reads.ask(['a']), reads.ask(['b'])]);
    expect(asked.map((one) => one.status === 'rejected' && one.reason)).toEqual([
      expect.any(StoreUnavailableError),
      expect.any(StoreUnavailableError),
    ]);
  });
});
