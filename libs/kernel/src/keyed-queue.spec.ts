import fc from 'fast-check';
import { OverloadedError } from './bulkhead.js';
import { KeyedQueue } from './keyed-queue.js';

/** Work that stays under way until it is released. */
function held(): { work: () => Promise<void>; release: () => void } {
  let release = (): void => undefined;
  const done = new Promise<void>((resolve) => (release = resolve));
  return { work: () => done, release };
}

describe(KeyedQueue.name, () => {
  it('refuses whoever comes when the line of the key is full, counting the one being served', async () => {
    const queue = new KeyedQueue(3);
    const first = held();
    const line = [first.work, first.work, first.work].map((work) => queue.run('key', work));

    await expect(queue.run('key', first.work)).rejects.toThrow(OverloadedError);
    await expect(queue.run('other', async () => 'served')).resolves.toBe('served');

    first.release();
    await Promise.all(line);
    await expect(queue.run('key', async () => 'served')).resolves.toBe('served');
  });

  it('lets the work of one key fail without harm to those behind it', async () => {
    const queue = new KeyedQueue(10);
    const outcomes = await Promise.allSettled([
      queue.run('key', async () => 1),
      queue.run('key', () => Promise.reject(new Error('second fails'))),
      queue.run('key', () => {
        throw new Error('third throws');
      }),
      queue.run('key', async () => 4),
    ]);

    expect(outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: new Error('second fails') },
      { status: 'rejected', reason: new Error('third throws') },
      { status: 'fulfilled', value: 4 },
    ]);
  });

  it('serves a key while another key is held up', async () => {
    const queue = new KeyedQueue(10);
    const slow = held();
    const waiting = queue.run('slow', slow.work);

    expect(await queue.run('quick', async () => 'served')).toBe('served');

    slow.release();
    await waiting;
  });

  it('under any interleaving serves each key in order of arrival, one at a time, and forgets idle keys', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ key: fc.constantFrom('a', 'b'), fails: fc.boolean() }), { maxLength: 12 }),
        async (schedule, tasks) => {
          const queue = new KeyedQueue(tasks.length);
          const arrived: Record<string, number[]> = { a: [], b: [] };
          const served: Record<string, number[]> = { a: [], b: [] };
          const serving = new Set<string>();
          const overlaps: number[] = [];
          const arrive = (task: { key: string; fails: boolean }, index: number): Promise<void> => {
            arrived[task.key]!.push(index);
            return queue.run(task.key, async () => {
              if (serving.has(task.key)) overlaps.push(index);
              serving.add(task.key);
              await schedule.schedule(Promise.resolve(), `work ${index}`);
              serving.delete(task.key);
              served[task.key]!.push(index);
              if (task.fails) throw new Error('this one fails');
            });
          };

          const outcomes = tasks.map((task, index) =>
            schedule.schedule(Promise.resolve(), `arrival ${index}`).then(() => arrive(task, index)),
          );
          const settled = Promise.allSettled(outcomes);
          await schedule.waitIdle();

          expect((await settled).map(({ status }) => status === 'rejected')).toEqual(
            tasks.map(({ fails }) => fails),
          );
          expect(served).toEqual(arrived);
          expect(overlaps).toEqual([]);
          expect(queue['tails'].size).toBe(0);
        },
      ),
    );
  });
});
