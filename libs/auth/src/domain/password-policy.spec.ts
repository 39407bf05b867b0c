import fc from 'fast-check';
import { maxPasswordCodePoints, normalizePassword, passwordLength, refusalOf } from './password-policy.js';

const listed = new Set(['correcthorsebatterystaple', 'dragon', 'iloveyou1234567']);
const rules = { minLength: 15, isCommon: (candidate: string) => listed.has(candidate) };
const context = { email: 'maximilian.schmidt@corp.test', username: 'maxschmidt' };

const refusal = (password: string, of = context): string | null => refusalOf(password, of, rules);

describe(passwordLength.name, () => {
  it('counts an emoji once, also one of two surrogates', () => {
    expect(passwordLength('🙂🙂🙂')).toBe(3);
  });

  it('counts a letter with its combining accent once', () => {
    expect(passwordLength('e\u0301')).toBe(1);
  });
});

describe(normalizePassword.name, () => {
  it('v5.0.0-6.2.8 keeps case and blanks as typed', () => {
    expect(normalizePassword(' Four  Words \t')).toBe(' Four  Words \t');
  });

  it('makes the composed and the decomposed spelling one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        expect(normalizePassword(typed.normalize('NFD'))).toBe(normalizePassword(typed));
      }),
    );
  });
});

describe(refusalOf.name, () => {
  it.each([
    ['14 letters', 'quiet blue lam'],
    ['14 letters and an emoji short of it', '🙂'.repeat(7) + 'quietly'],
    ['nothing', ''],
    ['14 accented letters typed as 28 code points', 'qe\u0301'.normalize('NFD') + 'uie\u0301t ble\u0301u l'],
  ])('v5.0.0-6.2.1 refuses what is too short: %s', (_what, password) => {
    expect(refusal(password)).toBe('must have at least 15 characters');
  });

  it('follows the configured minimum', () => {
    expect(refusalOf('quiet blu', context, { ...rules, minLength: 8 })).toBeNull();
  });

  it.each([
    ['15 lower-case letters', 'quietbluelampst'],
    ['blanks between words', 'quiet blue lamp'],
    ['only blanks and letters in a row of 15', 'a quiet blue lm'],
    ['emoji', '🙂🌵🚲🎈🧩🦉🌋🎷🧭🪁🧊🍋🦔🪴🎲'],
    ['Cyrillic', 'тихая синяя лам'],
    ['digits without a pattern', '847261930584721'],
    ['quotes, a backslash and a NUL', `quiet'"\\\0 blue lamp`],
  ])('v5.0.0-6.2.5 accepts %s without any rule of composition', (_what, password) => {
    expect(refusal(password)).toBeNull();
  });

  it('v5.0.0-6.2.9 accepts 64, 128 and 256 characters and refuses one more, never cutting', () => {
    const long = (length: number): string =>
      Array.from({ length }, (_, index) => 'quiet blue lamp '[(index * 7) % 16])
        .join('')
        .replace(/.$/, 'Z');

    expect([64, 128, 256].map((length) => refusal(long(length)))).toEqual([null, null, null]);
    expect(refusal(long(257))).toBe('must have at most 256 characters');
    expect(refusal('🙂🌵🚲'.repeat(85) + 'q')).toBeNull();
    expect(maxPasswordCodePoints).toBe(256);
  });

  it.each([
    ['as listed', 'correcthorsebatterystaple'],
    ['in another case', 'CorrectHorseBatteryStaple'],
  ])('v5.0.0-6.2.4 v5.0.0-6.2.12 refuses a common password %s', (_how, password) => {
    expect(refusal(password)).toBe('is one of the passwords that attackers try first');
  });

  it('accepts a long passphrase that contains a listed word', () => {
    expect(refusal('the dragon reads my quiet letters')).toBeNull();
    expect(refusal('iloveyou1234567 and the garden')).toBeNull();
  });

  it.each([
    ['one character', 'aaaaaaaaaaaaaaa'],
    ['one emoji', '🙂'.repeat(15)],
    ['two characters', 'abababababababab'],
    ['three characters', 'xyzxyzxyzxyzxyz'],
    ['three characters in mixed case', 'xYzXyZxyzXYZxyz'],
    ['a common password', 'dragondragondragon'],
  ])('refuses the repetition of %s', (_what, password) => {
    expect(refusal(password)).toBe('repeats a short pattern');
  });

  it('accepts the repetition of something longer that is not common', () => {
    expect(refusal('quiet blue quiet blue ')).toBeNull();
  });

  it.each([
    ['ascending letters', 'abcdefghijklmno'],
    ['descending letters', 'onmlkjihgfedcba'],
    ['digits that wrap', '123456789012345'],
    ['descending digits', '987654321098765'],
    ['a run with little added to it', 'abcdefghijklmnop!'],
  ])('refuses a run of neighbours: %s', (_what, password) => {
    expect(refusal(password)).toBe('is a run of neighbouring characters');
  });

  it.each([
    ['the product and a year', 'Rollcall-2026-2026!'],
    ['a role and digits', 'administrator123'],
    ['words of sessions', 'session authority'],
    ['several such words', 'admin.password.login'],
    ['the e-mail address', 'maximilian.schmidt@corp.test'],
    ['the local part and a year', 'Maximilian.Schmidt2026'],
    ['the username twice', 'maxschmidt_maxschmidt'],
    ['the username with decoration', '***maxschmidt***'],
  ])('v5.0.0-6.2.11 refuses what everybody would try for this account: %s', (_what, password) => {
    expect(refusal(password)).toBe('is too close to the name of the account or of this service');
  });

  it('v5.0.0-6.2.11 sees through the composition of accents in account names', () => {
    const french = {
      email: 'rene.lefevre@corp.test',
      username: 'Re\u0301ne\u0301Lefe\u0300vre'.normalize('NFD'),
    };

    expect(refusal('r\u00e9n\u00e9lef\u00e8vre2026', french)).not.toBeNull();
  });

  it('accepts a passphrase in which such a word is one of several', () => {
    expect(refusal('my session with the quiet lamp')).toBeNull();
    expect(refusal('maxschmidt likes a quiet lamp')).toBeNull();
  });

  it('ignores names too short to tell anything', () => {
    expect(refusal('ann 8472 6193 05', { email: 'ann@corp.test', username: 'ann' })).toBeNull();
  });

  it('works without a username', () => {
    expect(refusalOf('quiet blue lamp', { email: 'a@b.test', username: null }, rules)).toBeNull();
  });

  it('v5.0.0-1.3.12 answers within a moment whatever is typed', () => {
    const hostile = [
      'a'.repeat(256),
      'ab'.repeat(128),
      `${'a'.repeat(255)}b`,
      '!'.repeat(256),
      'admin'.repeat(51),
    ];
    const started = process.hrtime.bigint();
    for (const password of hostile) refusal(password);

    expect(Number(process.hrtime.bigint() - started) / 1e6).toBeLessThan(100);
  });
});
