import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SessionId, TokenId } from '@app/kernel';
import { z } from 'zod';
import type { CachedSession, SessionKey, UserChange } from '../../domain/coherence/entry-store.js';
import type { EndReason, SessionEnd, SessionProfile, SessionScope } from '../../domain/session.js';

const macLength = 22;
const maxRemembered = 20_000;

const milliseconds = z.number();

/** By place in this list; only ever appended to. */
const profiles: readonly SessionProfile[] = ['standard', 'strict', 'admin', 'remember'];
const scopes: readonly SessionScope[] = ['full', 'read', 'password'];

/** Fields by place, because their names would be half of the memory. */
const bodySchema = z.tuple([
  z.int(), // generation
  z.int().min(0).max(11), // profile, and 4 times the scope
  z.string().nullable(), // browser and system
  milliseconds, // created, authenticated, idle end, absolute end
  milliseconds,
  milliseconds,
  milliseconds,
  milliseconds, // read
  z.array(z.string()), // revoked tokens
  z.array(z.string().nullable()), // user
]);

/**
 * Entries and tombstones as text, each with a MAC under the server's key (HMAC-SHA-256, 128 bits) over its key
 * and content: who can write to Redis can slow us down, not mint a session, a role or an end. A text that does
 * not check out is a miss. An entry is checked and parsed once, then remembered until its text changes.
 */
export class EntryCodec {
  private readonly remembered = new Map<
    SessionId,
    { readonly text: string; readonly entry: CachedSession }
  >();

  constructor(private readonly key: Buffer) {}

  encodeEntry(name: string, entry: CachedSession): string {
    const body = JSON.stringify([
      entry.gen,
      profiles.indexOf(entry.profile) + scopes.indexOf(entry.scope) * profiles.length,
      entry.agent,
      entry.createdAt.getTime(),
      entry.authenticatedAt.getTime(),
      entry.idleExpiresAt.getTime(),
      entry.expiresAt.getTime(),
      entry.readAt.getTime(),
      entry.revokedTokens,
      entry.user,
    ]);
    const head = `${entry.position}|${entry.database}|`;
    return `${head}${this.mac(name, head + body)}|${body}`;
  }

  decodeEntry(name: string, of: SessionKey, text: string | null): CachedSession | null {
    if (text === null) return null;
    const known = this.remembered.get(of.sessionId);
    if (known?.text === text && known.entry.userId === of.userId) return known.entry;
    const [, head, position, database, mac, body] = /^((\d+)\|([^|]*)\|)([\w-]{22})\|(.*)$/s.exec(text) ?? [];
    if (!head || !mac || body === undefined || !this.isGenuine(mac, name, head + body)) return null;
    const entry = toEntry({ position: Number(position), database: database ?? '', of, body });
    if (entry) this.remember(text, entry);
    return entry;
  }

  encodeEnd(name: string, end: SessionEnd): string {
    const content = `${end.at.getTime()}|${end.reason}`;
    return `${this.mac(name, content)}|${content}`;
  }

  decodeEnd(name: string, text: string | null): SessionEnd | null {
    if (text === null) return null;
    const content = text.slice(macLength + 1);
    if (!this.isGenuine(text.slice(0, macLength), name, content)) return null;
    const [at, reason] = content.split('|');
    return { at: new Date(Number(at)), reason: reason as EndReason };
  }

  /** The number leads, so that scripts can compare it. */
  encodeGeneration(name: string, minimum: number, end: SessionEnd): string {
    return `${minimum}|${this.encodeEnd(`${name}#${minimum}`, end)}`;
  }

  decodeGeneration(name: string, text: string | null): { minimum: number; end: SessionEnd } | null {
    if (text === null) return null;
    const [, minimum, rest] = /^(\d+)\|(.*)$/s.exec(text) ?? [];
    const end = minimum ? this.decodeEnd(`${name}#${minimum}`, rest ?? '') : null;
    return end && { minimum: Number(minimum), end };
  }

  /** Number and history lead, so that scripts can compare them. */
  encodeChange(name: string, { transaction, database }: UserChange): string {
    const content = `${transaction}|${database}`;
    return `${content}|${this.mac(name, content)}`;
  }

  decodeChange(name: string, text: string | null): UserChange | null {
    const [, content, transaction, database, mac] = /^((\d+)\|([^|]*))\|(.*)$/s.exec(text ?? '') ?? [];
    if (content === undefined || !this.isGenuine(mac ?? '', name, content)) return null;
    return { transaction: Number(transaction), database: database ?? '' };
  }

  private mac(name: string, content: string): string {
    const digest = createHmac('sha256', this.key).update(`${name}\n${content}`).digest();
    return digest.subarray(0, 16).toString('base64url');
  }

  private isGenuine(mac: string, name: string, content: string): boolean {
    const expected = Buffer.from(this.mac(name, content));
    const given = Buffer.from(mac);
    return given.length === expected.length && timingSafeEqual(given, expected);
  }

  private remember(text: string, entry: CachedSession): void {
    this.remembered.delete(entry.sessionId);
    if (this.remembered.size >= maxRemembered) {
      const oldest = this.remembered.keys().next();
      if (!oldest.done) this.remembered.delete(oldest.value);
    }
    this.remembered.set(entry.sessionId, { text, entry });
  }
}

function toEntry(from: {
  position: number;
  database: string;
  of: SessionKey;
  body: string;
}): CachedSession | null {
  const parsed = bodySchema.safeParse(parseJson(from.body));
  if (!parsed.success) return null;
  const [gen, kind, agent, created, authenticated, idle, absolute, read, revoked, user] = parsed.data;
  return {
    position: from.position,
    database: from.database,
    userId: from.of.userId,
    sessionId: from.of.sessionId,
    gen,
    profile: profiles[kind % profiles.length]!,
    scope: scopes[Math.floor(kind / profiles.length)]!,
    agent,
    createdAt: new Date(created),
    authenticatedAt: new Date(authenticated),
    idleExpiresAt: new Date(idle),
    expiresAt: new Date(absolute),
    readAt: new Date(read),
    revokedTokens: revoked as TokenId[],
    user,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // An entry of another version; a miss.
    return null;
  }
}
