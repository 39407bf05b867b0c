import { eventually } from '../src/index.js';

describe(eventually.name, () => {
  it('resolves with the first truthy answer', async () => {
    let asked = 0;
    expect(await eventually(() => (++asked > 2 ? asked : null), { describe: 'three' })).toBe(3);
  });

  it('takes a throwing probe as one that has not come true yet', async () => {
    let asked = 0;
    const probe = async (): Promise<string> => {
      if (++asked < 3) throw new Error('not there');
      return 'there';
    };
    expect(await eventually(probe, { describe: 'it is there' })).toBe('there');
  });

  it('rejects with what was waited for and what was seen last', async () => {
    await expect(eventually(() => 0, { timeoutMs: 30, describe: 'the count rises' })).rejects.toThrow(
      'Not within 30 ms: the count rises (last: 0)',
    );
    const failing = (): never => {
      throw new Error('no route');
    };
    await expect(eventually(failing, { timeoutMs: 30, describe: () => 'a reply' })).rejects.toThrow(
      'Not within 30 ms: a reply (last: Error: no route)',
    );
  });

  it('does not wait for a probe that never settles', async () => {
    await expect(
      eventually(() => new Promise(() => undefined), { timeoutMs: 30, describe: 'an answer' }),
    ).rejects.toThrow('Not within 30 ms: an answer');
  });

  it('works while the timers of the test are faked', async () => {
    jest.useFakeTimers();
    let asked = 0;
    await eventually(() => ++asked > 2, { describe: 'three' });
    jest.useRealTimers();
    expect(asked).toBe(3);
  });
});
