import fc from 'fast-check';
import { SingleFlight } from './single-flight.js';

/** A read whose answers are given by the test, one by one, in the order in which they were asked for. */
class HeldReads {
  readonly pending: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  made = 0;

  readonly read = (): Promise<string> => {
    this.made += 1;
    return new Promise((resolve, reject) => this.pending.push({ resolve, reject }));
  };
}

/** Lets everything run that waits for nothing but other promises. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe(SingleFlight.name, () => {
  it('makes at most two reads for any number of callers: one under way and the one that follows', async () => {
    const reads = new HeldReads();
    const flight = new SingleFlight<string>();

    const answers = Array.from({ length: 50 }, () => flight.run('key', reads.read));
    reads.pending[0]!.resolve('first');
    await settle();
    reads.pending[1]!.resolve('second');

    expect(await Promise.all(answers)).toEqual(['first', ...Array<string>(49).fill('second')]);
    expect(reads.made).toBe(2);
  });

  it('lets different keys read at the same time', async () => {
    const reads = new HeldReads();
    const flight = new SingleFlight<string>();

    const answers = [flight.run('one', reads.read), flight.run('two', reads.read)];
    reads.pending[1]!.resolve('second');
    reads.pending[0]!.resolve('first');

    expect(await Promise.all(answers)).toEqual(['first', 'second']);
  });

  it('reads anew for a caller who comes after the answer', async () => {
    const reads = new HeldReads();
    const flight = new SingleFlight<string>();
    const first = flight.run('key', reads.read);
    reads.pending[0]!.resolve('first');
    await first;

    const second = flight.run('key', reads.read);
    reads.pending[1]!.resolve('second');

    expect(await second).toBe('second');
  });

  it('passes a failure to the callers of that read only', async () => {
    const reads = new HeldReads();
    const flight = new SingleFlight<string>();
    const failing = flight.run('key', reads.read);
    const waiting = flight.run('key', reads.read);
    reads.pending[0]!.reject(new Error('connection lost'));

    await expect(failing).rejects.toThrow('connection lost');
    reads.pending[1]!.resolve('answer');
    expect(await waiting).toBe('answer');
  });

  it('serves later callers after the read that others waited for has failed', async () => {
    const reads = new HeldReads();
    const flight = new SingleFlight<string>();
    const first = flight.run('key', reads.read);
    const waiting = flight.run('key', reads.read);
    reads.pending[0]!.resolve('first');
    await first;
    reads.pending[1]!.reject(new Error('connection lost'));
    await expect(waiting).rejects.toThrow('connection lost');

    const later = flight.run('key', reads.read);
    reads.pending[2]!.resolve('answer');

    expect(await later).toBe('answer');
  });

  it('is not blocked by a read that throws before it returns a promise', async () => {
    const flight = new SingleFlight<string>();
    const throwing = (): Promise<string> => {
      throw new Error('not even started');
    };

    const failures = [flight.run('key', throwing), flight.run('key', throwing)];
    const outcomes = await Promise.allSettled(failures);

    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flight.run('key', async () => 'answer')).toBe('answer');
  });

  it('under any interleaving gives nobody an answer read before they asked, reads one at a time and leaks nothing', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.constantFrom('ask', 'ask', 'change'), { minLength: 2, maxLength: 14 }),
        fc.infiniteStream(fc.boolean()),
        async (schedule, steps, failures) => {
          const flight = new SingleFlight<number>();
          let version = 0;
          let underWay = 0;
          let mostAtOnce = 0;
          const read = async (): Promise<number> => {
            const seen = version;
            const fails: boolean = failures.next().value;
            underWay += 1;
            mostAtOnce = Math.max(mostAtOnce, underWay);
            await schedule.schedule(Promise.resolve(), 'the store answers');
            underWay -= 1;
            if (fails) throw new Error('connection lost');
            return seen;
          };
          const ages: Promise<number>[] = [];
          const take = (step: string): void => {
            if (step === 'change') version += 1;
            const asked = version;
            const age = (answer: number): number => answer - asked;
            if (step === 'ask') ages.push(flight.run('key', read).then(age, () => 0));
          };

          const taken = steps.map((step) => schedule.schedule(Promise.resolve(step), step).then(take));
          await schedule.waitIdle();
          await Promise.all(taken);

          expect((await Promise.all(ages)).filter((age) => age < 0)).toEqual([]);
          expect(mostAtOnce).toBeLessThanOrEqual(1);
          expect(flight['flights'].size).toBe(0);
        },
      ),
    );
  });
});
