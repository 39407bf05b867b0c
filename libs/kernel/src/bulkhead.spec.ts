import fc from 'fast-check';
import { Bulkhead, OverloadedError } from './bulkhead.js';

describe(Bulkhead.name, () => {
  it('v5.0.0-15.2.2 refuses at once when as many wait as may wait', async () => {
    const bulkhead = new Bulkhead({ concurrent: 2, waiting: 3 });
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const admitted = Array.from({ length: 5 }, () => bulkhead.run(() => held));

    await expect(bulkhead.run(() => held)).rejects.toThrow(OverloadedError);

    release();
    await Promise.all(admitted);
    await expect(bulkhead.run(async () => 'served')).resolves.toBe('served');
  });

  it('gives the place back when the work fails or throws', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, waiting: 0 });

    await expect(bulkhead.run(() => Promise.reject(new Error('fails')))).rejects.toThrow('fails');
    await expect(
      bulkhead.run(() => {
        throw new Error('throws');
      }),
    ).rejects.toThrow('throws');

    await expect(bulkhead.run(async () => 'served')).resolves.toBe('served');
  });

  it('lets no newcomer overtake those who wait', async () => {
    const bulkhead = new Bulkhead({ concurrent: 1, waiting: 10 });
    const started: string[] = [];
    const work = (name: string) => async (): Promise<void> => void started.push(name);

    const first = bulkhead.run(work('first'));
    const second = bulkhead.run(work('second'));
    const newcomer = first.then(() => bulkhead.run(work('newcomer')));
    const third = bulkhead.run(work('third'));
    await Promise.all([first, second, third, newcomer]);

    expect(started).toEqual(['first', 'second', 'third', 'newcomer']);
  });

  it('under any interleaving runs no more than allowed, in order of arrival, and frees every place', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.boolean(), { maxLength: 12 }),
        async (schedule, concurrent, failures) => {
          const bulkhead = new Bulkhead({ concurrent, waiting: failures.length });
          const arrived: number[] = [];
          const started: number[] = [];
          let running = 0;
          let mostAtOnce = 0;
          const arrive = (index: number): Promise<void> => {
            arrived.push(index);
            return bulkhead.run(async () => {
              started.push(index);
              running += 1;
              mostAtOnce = Math.max(mostAtOnce, running);
              await schedule.schedule(Promise.resolve(), `work ${index}`);
              running -= 1;
              if (failures[index]) throw new Error('this one fails');
            });
          };

          const outcomes = failures.map((_fails, index) =>
            schedule.schedule(Promise.resolve(), `arrival ${index}`).then(() => arrive(index)),
          );
          const settled = Promise.allSettled(outcomes);
          await schedule.waitIdle();

          expect((await settled).map(({ status }) => status === 'rejected')).toEqual(failures);
          expect(started).toEqual(arrived);
          expect(mostAtOnce).toBeLessThanOrEqual(concurrent);
          expect(bulkhead['running']).toBe(0);
        },
      ),
    );
  });
});
