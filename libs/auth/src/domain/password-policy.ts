/** Bounds that no configuration moves; the cap keeps hashing cheap and is far above any passphrase. */
export const maxPasswordCodePoints = 256;

export interface PasswordContext {
  readonly email: string;
  readonly username: string | null;
}

/** Words that name this product; an attacker tries them first (ASVS v5.0.0-6.1.2). */
const contextWords = [
  'rollcall',
  'session',
  'authority',
  'administrator',
  'admin',
  'password',
  'signin',
  'login',
];

/**
 * Passwords are compared and hashed in NFC and otherwise exactly as typed (NIST SP 800-63B-4 §3.1.1.2), so the
 * same phrase typed on two keyboards is one password.
 */
export function normalizePassword(password: string): string {
  return password.normalize('NFC');
}

/** Code points: an emoji counts once. */
export function passwordLength(password: string): number {
  return [...normalizePassword(password)].length;
}

/**
 * Why a new password cannot be used, in words for the person choosing it, or null. There are no composition
 * rules: length, a list of common passwords and words that everybody would try for this account are what help.
 */
export function refusalOf(
  password: string,
  context: PasswordContext,
  rules: { minLength: number; isCommon: (candidate: string) => boolean },
): string | null {
  const length = passwordLength(password);
  if (length < rules.minLength) return `must have at least ${rules.minLength} characters`;
  if (length > maxPasswordCodePoints) return `must have at most ${maxPasswordCodePoints} characters`;
  const folded = normalizePassword(password).toLowerCase();
  if (rules.isCommon(folded)) return 'is one of the passwords that attackers try first';
  const unit = repeatedUnit(folded);
  if (unit.length <= 3 || (unit !== folded && rules.isCommon(unit))) return 'repeats a short pattern';
  if (isRun(folded)) return 'is a run of neighbouring characters';
  if (isVariantOf(folded, [...contextWords, ...accountWords(context)])) {
    return 'is too close to the name of the account or of this service';
  }
  return null;
}

/** The shortest text that, repeated, gives the whole. */
function repeatedUnit(text: string): string {
  const period = (text + text).indexOf(text, 1);
  return text.slice(0, period);
}

/** `abcdefgh…` or `87654321…`, wrapping allowed as in `1234567890123`. */
function isRun(text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0)!);
  const steps = codes.slice(1).map((code, index) => code - codes[index]!);
  const regular = (step: number): boolean =>
    steps.filter((each) => each === step).length >= steps.length * 0.8;
  return regular(1) || regular(-1);
}

function accountWords({ email, username }: PasswordContext): string[] {
  const local = email.split('@')[0] ?? '';
  return [email, local, username ?? '']
    .map((word) => normalizePassword(word).toLowerCase())
    .filter((word) => word.length >= 4);
}

/** True if nothing but digits and punctuation is added to the words; a passphrase that contains one is fine. */
function isVariantOf(folded: string, words: readonly string[]): boolean {
  const longestFirst = words.toSorted((left, right) => right.length - left.length);
  const rest = longestFirst.reduce((text, word) => text.split(word).join(''), folded);
  return rest !== folded && /^[\d\p{P}\p{S}\s]*$/u.test(rest);
}
