import { canonicalJson } from './canonical-json.js';

describe(canonicalJson.name, () => {
  it('writes members in one order, by UTF-16 code units, at every depth', () => {
    const value = { b: [{ z: 1, a: null }], '€': true, a: 'x', '\u{1f600}': 1, '\ufb33': 2 };
    expect(canonicalJson(value)).toBe('{"a":"x","b":[{"a":null,"z":1}],"€":true,"\u{1f600}":1,"\ufb33":2}');
  });

  it('writes numbers and strings as RFC 8785 wants them', () => {
    expect(canonicalJson([1e21, 0.000001, 1e-7, -0, 1e30])).toBe('[1e+21,0.000001,1e-7,0,1e+30]');
    expect(canonicalJson('\u20ac$\u000f\nA\'"\\/')).toBe('"€$\\u000f\\nA\'\\"\\\\/"');
  });

  it('leaves out what is undefined', () => {
    expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
  });
});
