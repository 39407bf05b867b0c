import type { SessionId, TokenId } from '@app/kernel';
import { aCachedSession } from '../../testing/builders.js';
import { EntryCodec } from './entry-codec.js';
import { sessionKeys } from './session-keys.js';

const key = Buffer.alloc(32, 7);
const entry = aCachedSession({ revokedTokens: ['gone' as TokenId] });
const of = { userId: entry.userId, sessionId: entry.sessionId, tokenId: 'any' as TokenId };
const name = sessionKeys.session(entry.userId, entry.sessionId);
const end = { at: new Date('2026-01-02T03:04:05.678Z'), reason: 'admin' } as const;

/** Without what a codec has read before. */
const decode = (text: string | null, at = name): unknown => new EntryCodec(key).decodeEntry(at, of, text);

describe(EntryCodec, () => {
  const codec = new EntryCodec(key);
  const text = codec.encodeEntry(name, entry);

  it('reads the entry that it wrote', () => {
    expect(decode(text)).toEqual(entry);
    expect(text.startsWith(`${entry.position}|${entry.database}|`)).toBe(true);
  });

  it('gives the same object for the same text', () => {
    expect(codec.decodeEntry(name, of, text)).toBe(codec.decodeEntry(name, of, text));
  });

  it('gives a remembered entry to nobody else', () => {
    codec.decodeEntry(name, of, text);
    const thief = { ...of, sessionId: 'f'.repeat(64) as SessionId };
    expect(codec.decodeEntry(sessionKeys.session(of.userId, thief.sessionId), thief, text)).toBeNull();
  });

  it('takes every change of any character for a miss', () => {
    for (let index = 0; index < text.length; index += 1) {
      const other = text[index] === 'A' ? 'B' : 'A';
      expect(decode(text.slice(0, index) + other + text.slice(index + 1))).toBeNull();
    }
  });

  it.each([
    ['nothing', null],
    ['an empty text', ''],
    ['another form', '{"userId":"x"}'],
    ['a head only', '1|db|'],
    ['a truncated text', text.slice(0, -1)],
    ['the MAC of another key', new EntryCodec(Buffer.alloc(32, 8)).encodeEntry(name, entry)],
    ['the MAC of another place', new EntryCodec(key).encodeEntry('session:{1}:other', entry)],
  ])('takes %s for a miss', (_, given) => {
    expect(decode(given)).toBeNull();
  });

  it('takes the entry of another schema for a miss', () => {
    const old = { ...entry, user: 'ann@example.com' as never };
    expect(decode(new EntryCodec(key).encodeEntry(name, old))).toBeNull();
  });

  it('reads the tombstones that it wrote, and no copies of them', () => {
    const tombstone = codec.encodeEnd('ended:{1}:a', end);
    expect(codec.decodeEnd('ended:{1}:a', tombstone)).toEqual(end);
    expect(codec.decodeEnd('ended:{1}:b', tombstone)).toBeNull();
    expect(codec.decodeEnd('ended:{1}:a', 'garbage')).toBeNull();
    expect(codec.decodeEnd('ended:{1}:a', null)).toBeNull();
  });

  it('reads a generation that leads its text for scripts, and none that was raised by hand', () => {
    const tombstone = codec.encodeGeneration('ended_user:{1}:ann', 7, end);
    expect(tombstone.startsWith('7|')).toBe(true);
    expect(codec.decodeGeneration('ended_user:{1}:ann', tombstone)).toEqual({ minimum: 7, end });
    expect(codec.decodeGeneration('ended_user:{1}:ann', tombstone.replace('7', '8'))).toBeNull();
    expect(codec.decodeGeneration('ended_user:{1}:ann', null)).toBeNull();
  });

  it('remembers the last text of a session', () => {
    const next = codec.encodeEntry(name, { ...entry, position: entry.position + 1 });
    expect([codec.decodeEntry(name, of, text), codec.decodeEntry(name, of, next)]).toEqual([
      entry,
      { ...entry, position: entry.position + 1 },
    ]);
    expect(codec.decodeEntry(name, of, text)).toEqual(entry);
  });

  it('forgets the oldest sessions before memory grows without end', () => {
    const small = new EntryCodec(key);
    for (let number = 0; number < 20_100; number += 1) {
      small.decodeEntry(name, { ...of, sessionId: String(number) as SessionId }, text);
    }
    expect((small as unknown as { remembered: Map<string, unknown> }).remembered.size).toBe(20_000);
  });
});
