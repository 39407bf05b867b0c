import { createHash } from 'node:crypto';
import { ServerSecret, type SessionId } from '@app/kernel';
import fc from 'fast-check';
import { RefreshTokens } from './refresh-tokens.js';

const tokens = new RefreshTokens(new ServerSecret(Buffer.from('a root secret that only these tests use')));
const stranger = new RefreshTokens(new ServerSecret(Buffer.from('a root secret of another installation')));

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('');

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const sessionId = (of: string): SessionId => digest(`session ${of}`).toString('hex') as SessionId;
const nonce = (of: string): Buffer => digest(`nonce ${of}`);

const anyReference = fc.record({
  sessionId: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('hex') as SessionId),
  generation: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
});
const anyNonce = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));

/** Characters two texts begin with alike. */
function sharedPrefix(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}

describe(RefreshTokens.name, () => {
  const reference = { sessionId: sessionId('a'), generation: 7 };
  const token = tokens.derive(reference, nonce('a'));

  it('gives the same token for the same generation, also in another instance', () => {
    const otherInstance = new RefreshTokens(
      new ServerSecret(Buffer.from('a root secret that only these tests use')),
    );

    expect(tokens.derive(reference, nonce('a'))).toBe(token);
    expect(otherInstance.derive(reference, nonce('a'))).toBe(token);
  });

  it('gives another token for every generation, session, nonce and SECRET_KEY', () => {
    const made = [
      token,
      tokens.derive({ ...reference, generation: 8 }, nonce('a')),
      tokens.derive({ ...reference, sessionId: sessionId('b') }, nonce('a')),
      tokens.derive(reference, nonce('b')),
      stranger.derive(reference, nonce('a')),
    ];

    expect(new Set(made).size).toBe(made.length);
  });

  it('reads back what it made, and finds it genuine', () => {
    fc.assert(
      fc.property(anyReference, anyNonce, (of, ofSession) => {
        const made = tokens.derive(of, ofSession);

        expect(tokens.parse(made)).toEqual(of);
        expect(tokens.isGenuine(made, of, ofSession)).toBe(true);
      }),
    );
  });

  it('RFC 9700 §4.14.2 finds a token with any one character changed not genuine', () => {
    const forged = [...token].flatMap((character, index) =>
      alphabet
        .filter((other) => other !== character)
        .map((other) => token.slice(0, index) + other + token.slice(index + 1)),
    );
    const accepted = forged.filter((each) => {
      const claimed = tokens.parse(each);
      return claimed !== null && tokens.isGenuine(each, claimed, nonce('a'));
    });

    expect(forged).toHaveLength(token.length * 63);
    expect(accepted).toEqual([]);
  });

  it('finds the token of another session not genuine', () => {
    const other = { sessionId: sessionId('b'), generation: 7 };

    expect(tokens.isGenuine(tokens.derive(other, nonce('b')), reference, nonce('a'))).toBe(false);
    expect(tokens.isGenuine(tokens.derive(reference, nonce('b')), reference, nonce('a'))).toBe(false);
  });

  it('finds a token of another generation not genuine for this one', () => {
    expect(tokens.isGenuine(token, { ...reference, generation: 6 }, nonce('a'))).toBe(false);
  });

  it('finds a token not genuine that was made without SECRET_KEY but with everything in the database', () => {
    expect(tokens.isGenuine(stranger.derive(reference, nonce('a')), reference, nonce('a'))).toBe(false);
  });

  it.each([
    ['nothing', ''],
    ['a session id', sessionId('a')],
    ['a token cut by one character', token.slice(0, -1)],
    ['a token with one character more', `${token}A`],
    ['a token with padding', `${token}=`],
    ['a token with a blank', `${token} `],
    ['a token with a line end inside', `${token.slice(0, 40)}\n${token.slice(40)}`],
    ['a token in the other base64 alphabet', Buffer.from(token, 'base64url').toString('base64')],
    ['an access token', 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['an endless text', 'A'.repeat(100_000)],
    ['characters outside the alphabet', 'é'.repeat(91)],
  ])('v5.0.0-9.2.2 does not take %s for a refresh token', (_what, text) => {
    expect(tokens.parse(text)).toBeNull();
  });

  it('accepts one spelling of a token only', () => {
    const last = token.at(-1)!;
    const spellings = alphabet.filter(
      (other) =>
        other !== last &&
        Buffer.from(token.slice(0, -1) + other, 'base64url').equals(Buffer.from(token, 'base64url')),
    );

    expect(spellings).toHaveLength(3);
    expect(spellings.filter((other) => tokens.parse(token.slice(0, -1) + other) !== null)).toEqual([]);
  });

  it('v5.0.0-7.2.3 10,000 sessions have tokens of one length, without repeat and without a shared prefix', () => {
    const made = Array.from({ length: 10_000 }, (_, index) =>
      tokens.derive({ sessionId: sessionId(`${index}`), generation: 0 }, nonce(`${index}`)),
    ).toSorted((left, right) => (left < right ? -1 : 1));
    const prefixes = made.slice(1).map((each, index) => sharedPrefix(each, made[index]!));

    expect(new Set(made.map((each) => each.length))).toEqual(new Set([91]));
    expect(new Set(made).size).toBe(10_000);
    expect(Math.max(...prefixes)).toBeLessThan(10);
  });

  it('v5.0.0-7.2.2 names the access tokens of every generation, session, nonce and SECRET_KEY differently', () => {
    const names = [
      tokens.accessTokenId(reference, nonce('a')),
      tokens.accessTokenId({ ...reference, generation: 8 }, nonce('a')),
      tokens.accessTokenId({ ...reference, sessionId: sessionId('b') }, nonce('a')),
      tokens.accessTokenId(reference, nonce('b')),
      stranger.accessTokenId(reference, nonce('a')),
    ];

    expect(new Set(names).size).toBe(names.length);
    expect(tokens.accessTokenId(reference, nonce('a'))).toBe(names[0]);
    for (const name of names) expect(name).toMatch(/^[\w-]{22}$/);
  });

  it('shows no generation: tokens of equal generation have no part in common', () => {
    const parts = Array.from({ length: 1000 }, (_, index) =>
      Buffer.from(
        tokens.derive({ sessionId: sessionId(`${index}`), generation: 0 }, nonce(`${index}`)),
        'base64url',
      ).readUInt32BE(32),
    );

    expect(new Set(parts).size).toBeGreaterThan(995);
  });
});
