import fc from 'fast-check';
import { decodePlace, encodePlace, type LogPlace, LogPlaceLostError } from './log-place.js';
import { includes, packSnapshot, unpackSnapshot } from './log-snapshot.js';

const steps = fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 12 });

/** As the database writes them. */
const snapshot = fc
  .tuple(fc.integer({ min: 3, max: 2 ** 50 }), steps, fc.nat(9))
  .map(([oldest, gaps, idle]) => {
    let last = oldest;
    const running = gaps.length === 0 ? [] : [oldest, ...gaps.map((gap) => (last += gap))];
    return `${oldest}:${running.length === 0 ? oldest + idle : last + 1 + idle}:${running.join(',')}`;
  });

const place: fc.Arbitrary<LogPlace> = fc.record({
  database: fc.constantFrom('a', '0123456789abcdef'),
  since: snapshot,
  upto: fc.option(snapshot),
  lastId: fc.nat(),
});

describe('a cursor', () => {
  it('says exactly what the place says', () => {
    fc.assert(fc.property(place, (one) => expect(decodePlace(encodePlace(one))).toEqual(one)));
  });

  it('is of characters that need no escaping anywhere', () => {
    fc.assert(fc.property(place, (one) => expect(encodePlace(one)).toMatch(/^[0-9a-z.-]+$/)));
  });

  it.each([
    '',
    'x',
    '0',
    'a.0',
    'a.0.1',
    'a.0.1-0.',
    'a.0.1-0.1-0.1-0',
    'A.0.1-0',
    'a.-1.1-0',
    'a.0.0-0',
    'a.0.5-1-4',
  ])('that we have not made leads nowhere: %j', (text) =>
    expect(() => decodePlace(text)).toThrow(LogPlaceLostError),
  );

  it('that somebody has made up is refused or read as a snapshot that the database accepts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('0', '1', '2', '3', 'a', 'z', '.', '-'), maxLength: 40 }),
        (text) => {
          const [, next, running = ''] = unpackSnapshot(text)?.split(':') ?? [];
          if (next === undefined || running === '') return;
          const all = running.split(',').map(Number);
          expect(all).toEqual([...new Set(all)].toSorted((one, other) => one - other));
          expect(all.at(-1)).toBeLessThan(Number(next));
        },
      ),
    );
  });

  it('grows by two or three characters for each transaction that was running', () => {
    const running = Array.from({ length: 200 }, (_, index) => 1_000_000 + index * 3);
    expect(packSnapshot(`1000000:1000600:${running.join(',')}`).length).toBeLessThan(420);
  });
});

describe('a snapshot', () => {
  it.each([
    ['10:10:', '9:9:', true],
    ['9:9:', '10:10:', false],
    ['10:12:10', '10:12:10', true],
    ['12:12:', '10:12:10', true],
    ['10:12:10', '12:12:', false],
    ['10:14:10', '10:12:10,11', true],
    ['10:14:10,11', '10:12:10', false],
    ['10:14:13', '11:13:', true],
  ])('%s includes %s: %s', (one, other, expected) => expect(includes(one, other)).toBe(expected));
});
