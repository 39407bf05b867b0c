import { Progress, Stages, type Terminal } from './terminal.js';

function aTerminal(isWatched: boolean): { terminal: Terminal; written: () => string } {
  let text = '';
  const terminal = {
    isWatched,
    out: () => undefined,
    err: (more: string) => void (text += more),
    readInput: () => Promise.resolve(''),
  };
  return { terminal, written: () => text };
}

describe(Progress.name, () => {
  it('draws a bar over itself for somebody who watches, and leaves the line at its end', () => {
    const { terminal, written } = aTerminal(true);
    const progress = new Progress(terminal, 'ending sessions');
    progress.show(0, 200);
    progress.show(100, 200);
    progress.show(201, 200);
    progress.end();
    expect(written()).toBe(
      `\rending sessions [${'.'.repeat(30)}] 0 of 200 ` +
        `\rending sessions [${'#'.repeat(15)}${'.'.repeat(15)}] 100 of 200 ` +
        `\rending sessions [${'#'.repeat(30)}] 201 of 200 \n`,
    );
  });

  it('writes a line per tenth into a file', () => {
    const { terminal, written } = aTerminal(false);
    const progress = new Progress(terminal, 'ending sessions');
    for (let done = 0; done <= 200; done += 10) progress.show(done, 200);
    progress.end();
    expect(written().split('\n').slice(0, 2)).toEqual([
      'ending sessions: 0 of 200',
      'ending sessions: 20 of 200',
    ]);
    expect(written().match(/\n/g)).toHaveLength(11);
  });
});

describe(Stages.name, () => {
  it('counts without a bar, each stage on a line of its own', () => {
    const { terminal, written } = aTerminal(true);
    const stages = new Stages(terminal);
    stages.show('examined keys', 500);
    stages.show('examined keys', 730);
    stages.show('examined ends', 12);
    stages.end();
    stages.end();
    expect(written()).toBe('\rexamined keys: 500 \rexamined keys: 730 \n\rexamined ends: 12 \n');
  });
});
