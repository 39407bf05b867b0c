import { parseSessionId } from './ids.js';

const id = '0123456789abcdef'.repeat(4);

describe(parseSessionId.name, () => {
  it('accepts 64 lower-case hex characters', () => {
    expect(parseSessionId(id)).toBe(id);
  });

  it.each([
    ['nothing', ''],
    ['63 characters', id.slice(1)],
    ['65 characters', `${id}0`],
    ['upper case, which would be a second spelling', id.toUpperCase()],
    ['a character outside hex', `g${id.slice(1)}`],
    ['a line end after the id', `${id}\n`],
    ['a line end before the id', `\n${id}`],
    ['a NUL', `${id.slice(1)}\0`],
    ['digits of another script', `٠${id.slice(1)}`],
  ])('refuses %s', (_what, value) => {
    expect(parseSessionId(value)).toBeNull();
  });
});
