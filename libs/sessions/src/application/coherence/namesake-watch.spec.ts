import { NamesakeWatch } from './namesake-watch.js';

const self = { id: 'self', name: 'slot' };
const own = { ...self, beat: 7 };

describe(NamesakeWatch, () => {
  let watch: NamesakeWatch;

  const see = (id: string, beat: number, name = self.name): void => watch.observe([own, { id, name, beat }]);

  beforeEach(() => {
    watch = new NamesakeWatch(self);
  });

  const verdict = () => ({ hasAny: watch.hasAny, isTaken: watch.isTaken, isReplaced: watch.isReplaced });

  it('is not concerned with itself and with others', () => {
    see('other', 1, 'elsewhere');
    see('other', 2, 'elsewhere');
    expect(verdict()).toEqual({ hasAny: false, isTaken: false, isReplaced: false });
  });

  it('takes a row that never moves for that of a dead predecessor', () => {
    for (let look = 0; look < 5; look += 1) see('old', 3);
    expect(verdict()).toEqual({ hasAny: true, isTaken: false, isReplaced: false });
    watch.observe([own]);
    expect(watch.hasAny).toBe(false);
  });

  it('knows at the first sign of life that the name is taken', () => {
    see('old', 3);
    see('old', 4);
    expect(watch.isTaken).toBe(true);
  });

  it('gives way to a living successor, and not to what a dead one has sent last', () => {
    watch.claim();
    see('young', 0);
    see('young', 1);
    expect(watch.isReplaced).toBe(false);
    see('young', 1);
    expect(watch.isReplaced).toBe(false);
    see('young', 2);
    expect(watch.isReplaced).toBe(true);
  });

  it('gives way to no predecessor that comes back to life', () => {
    see('old', 3);
    watch.claim();
    for (let beat = 4; beat < 9; beat += 1) see('old', beat);
    expect(watch.isReplaced).toBe(false);
  });
});
