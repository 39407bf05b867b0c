import { ServerSecret, type SessionId, type UserId } from '@app/kernel';
import { type RedisClient, RedisConnection } from '@app/redis';
import { Injectable } from '@nestjs/common';
import { CacheExam, type CacheRecord, type EndedMark } from '../../domain/coherence/cache-exam.js';
import type { CachedSession } from '../../domain/coherence/entry-store.js';
import type { SessionEnd } from '../../domain/session.js';
import { EntryCodec } from './entry-codec.js';
import { entryLifeMs, tombstoneLifeMs } from './redis-entry-store.js';
import { sessionKeys } from './session-keys.js';

/** Keys of one step: a few milliseconds of the server. */
const step = 500;

const ours = /^(session|ended|ended_user|changed_user|blacklist):\{(\d{1,3})\}:(.+)$/s;

/** By SCAN in steps, so that requests come in between. */
@Injectable()
export class RedisCacheExam extends CacheExam {
  readonly lives = { entry: entryLifeMs, mark: tombstoneLifeMs };
  private readonly codec: EntryCodec;

  constructor(
    private readonly redis: RedisConnection,
    secret: ServerSecret,
  ) {
    super();
    this.codec = new EntryCodec(secret.deriveKey('rollcall/cache-entry/v1'));
  }

  async *walk(): AsyncIterable<readonly CacheRecord[]> {
    const servers = await this.redis.run(async (client) => serversOf(client));
    for (const server of servers) {
      let cursor = '0';
      do {
        const from = cursor;
        const [next, names] = await this.redis.run(() => server.scan(from, 'MATCH', '*{*}:*', 'COUNT', step));
        cursor = next;
        const known = names.filter((name) => ours.test(name));
        if (known.length > 0) yield await this.look(known);
      } while (cursor !== '0');
    }
  }

  async look(names: readonly string[]): Promise<CacheRecord[]> {
    const found = await this.redis.run((client) =>
      Promise.all(
        names.map(async (name) => {
          const [life, text] = await Promise.all([client.pttl(name), textOf(client, name)]);
          return { name, life, text };
        }),
      ),
    );
    return found.flatMap(({ name, life, text }) => {
      const [, kind, partition, subject] = ours.exec(name) ?? [];
      const isGone = life === -2 || kind === undefined;
      if (isGone) return [];
      const lifeMs = life === -1 ? null : life;
      return [
        {
          name,
          kind: kind as CacheRecord['kind'],
          partition: Number(partition),
          subject: subject!,
          lifeMs,
          text,
        },
      ];
    });
  }

  open({ name, subject, text }: CacheRecord, userId: UserId): CachedSession | null {
    const of = { userId, sessionId: subject as SessionId, tokenId: '' as never };
    return this.codec.decodeEntry(name, of, text);
  }

  isGenuineMark({ kind, name, text }: CacheRecord): boolean {
    if (kind === 'ended_user') return this.codec.decodeGeneration(name, text) !== null;
    if (kind === 'changed_user') return this.codec.decodeChange(name, text) !== null;
    return this.codec.decodeEnd(name, text) !== null;
  }

  markIn({ kind, name, text }: CacheRecord): { end: SessionEnd; minimum: number | null } | null {
    if (kind === 'ended_user') return this.codec.decodeGeneration(name, text);
    const end = kind === 'ended' ? this.codec.decodeEnd(name, text) : null;
    return end && { end, minimum: null };
  }

  async unmarked(sessions: readonly EndedMark[]): Promise<EndedMark[]> {
    const found = await this.redis.run((client) =>
      Promise.all(
        sessions.map(({ id, userId }) =>
          client.mget(sessionKeys.ended(userId, id), sessionKeys.endedUser(userId)),
        ),
      ),
    );
    return sessions.filter(({ id, userId, gen }, index) => {
      const [ended = null, user = null] = found[index]!;
      if (this.codec.decodeEnd(sessionKeys.ended(userId, id), ended)) return false;
      const generation = this.codec.decodeGeneration(sessionKeys.endedUser(userId), user);
      return !generation || generation.minimum <= gen;
    });
  }

  async remove(names: readonly string[]): Promise<void> {
    await this.redis.run((client) => Promise.all(names.map((name) => client.del(name))));
  }

  async limitLife(names: readonly string[]): Promise<void> {
    await this.redis.run((client) => Promise.all(names.map((name) => client.pexpire(name, tombstoneLifeMs))));
  }
}

type Server = Pick<Extract<RedisClient, { options: { db?: number } }>, 'scan'>;

/** Each primary of a cluster has keys of its own. */
function serversOf(client: RedisClient): Server[] {
  return 'nodes' in client ? client.nodes('master') : [client];
}

async function textOf(client: RedisClient, name: string): Promise<string | null> {
  // MGET reads a key of another type as absent; GET would fail.
  const [text = null] = await client.mget(name);
  return text;
}
