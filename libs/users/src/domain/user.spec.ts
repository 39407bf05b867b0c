import fc from 'fast-check';
import { normalizeEmail, normalizeUsername } from './user.js';

const text = fc.string({ unit: 'grapheme', maxLength: 20 });

describe(normalizeEmail.name, () => {
  it.each([
    ['another case', 'Ann.Lee@Corp.Test'],
    ['blanks around it', '  ann.lee@corp.test\n'],
  ])('folds %s into one form', (_what, spelling) => {
    expect(normalizeEmail(spelling)).toBe('ann.lee@corp.test');
  });

  it('folds a decomposed spelling into the composed one', () => {
    expect(normalizeEmail('rene\u0301@corp.test')).toBe('ren\u00e9@corp.test');
    expect(normalizeEmail('RENE\u0301@corp.test')).toBe('ren\u00e9@corp.test');
  });

  it('keeps addresses apart that mail systems keep apart', () => {
    const different = [
      'ann.lee@corp.test',
      'annlee@corp.test',
      'ann.lee+1@corp.test',
      'ann.lee@corp.test.io',
    ];

    expect(new Set(different.map(normalizeEmail)).size).toBe(4);
  });

  it('gives a form that is its own form, whatever was typed', () => {
    fc.assert(
      fc.property(text, (typed) => {
        expect(normalizeEmail(normalizeEmail(typed))).toBe(normalizeEmail(typed));
      }),
    );
  });

  it('does not depend on how the letters were composed', () => {
    fc.assert(
      fc.property(text, (typed) => {
        expect(normalizeEmail(typed.normalize('NFD'))).toBe(normalizeEmail(typed.normalize('NFC')));
      }),
    );
  });
});

describe(normalizeUsername.name, () => {
  it('folds case and composition', () => {
    expect(normalizeUsername('Ren\u00c9')).toBe('ren\u00e9');
    expect(normalizeUsername('RENE\u0301')).toBe('ren\u00e9');
  });

  it('gives a form that is its own form, whatever was typed', () => {
    fc.assert(
      fc.property(text, (typed) => {
        expect(normalizeUsername(normalizeUsername(typed))).toBe(normalizeUsername(typed));
      }),
    );
  });
});
