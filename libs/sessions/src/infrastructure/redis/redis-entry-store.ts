import { Clock, RandomSource, ServerSecret, StoreUnavailableError, type UserId } from '@app/kernel';
import { type RedisClient, RedisConnection, runScript, Together } from '@app/redis';
import { Injectable } from '@nestjs/common';
import {
  type Burial,
  type CachedSession,
  EntryStore,
  type Lookup,
  type SessionKey,
  type UserChange,
} from '../../domain/coherence/entry-store.js';
import type { RedisIdentity, RedisPlace } from '../../domain/coherence/instance-registry.js';
import { partitionOf, partitions } from '../../domain/coherence/partition.js';
import { EntryCodec } from './entry-codec.js';
import { buryScript, fillScript } from './scripts.generated.js';
import { namesOf, sessionKeys } from './session-keys.js';

/** Milliseconds. Tombstones outlive any entry. */
export const entryLifeMs = 3 * 60 * 60_000;
export const tombstoneLifeMs = 4 * 60 * 60_000;
const tokenLeewayMs = 60_000;

const namesPerLookup = 5;

/** Sessions per script call: a script blocks the server while it runs. */
const burialChunk = 200;

@Injectable()
export class RedisEntryStore extends EntryStore {
  private readonly codec: EntryCodec;
  private readonly lookups: Together<SessionKey, Lookup>;
  /** Epoch last seen in each partition, to notice a flush or another server's data. */
  private readonly epochs: (string | null)[] = Array.from({ length: partitions }, () => null);
  private doubts = 0;

  constructor(
    private readonly redis: RedisConnection,
    private readonly clock: Clock,
    private readonly random: RandomSource,
    secret: ServerSecret,
  ) {
    super();
    this.lookups = new Together(redis, (all) => this.lookupAll(all));
    this.codec = new EntryCodec(secret.deriveKey('rollcall/cache-entry/v1'));
  }

  get isConfigured(): boolean {
    return this.redis.isConfigured;
  }

  get isUsable(): boolean {
    return this.redis.isAvailable;
  }

  get suspicion(): number {
    return this.doubts + this.redis.generation;
  }

  lookup(of: SessionKey): Promise<Lookup> {
    return this.lookups.ask(of);
  }

  async lookupWithHistory(of: SessionKey): Promise<Lookup> {
    const runId = this.redis.runId ?? '';
    const changed = sessionKeys.changedUser(of.userId);
    const { all } = namesOf(of);
    const { history, texts } = await this.redis.run((client) => readAsPrimary(client, [...all, changed]));
    const lookup = this.decoded(of, texts, 0, { runId, history });
    const change = this.codec.decodeChange(changed, texts[all.length] ?? null);
    return isOlder(lookup.entry, change) ? { ...lookup, entry: null } : lookup;
  }

  async fill(entry: CachedSession, epoch: string): Promise<void> {
    const name = sessionKeys.session(entry.userId, entry.sessionId);
    const life = Math.min(entryLifeMs, entry.expiresAt.getTime() - this.clock.now().getTime());
    if (life <= 0) return;
    const keys = [
      name,
      sessionKeys.ended(entry.userId, entry.sessionId),
      sessionKeys.endedUser(entry.userId),
      sessionKeys.epoch(partitionOf(entry.userId)),
    ];
    const values = [
      this.codec.encodeEntry(name, entry),
      life,
      entry.gen,
      epoch,
      entry.position,
      entry.database,
    ];
    await this.redis.run((client) => runScript(client, fillScript, keys, values));
  }

  async bury(burial: Burial): Promise<RedisPlace> {
    const partition = partitionOf(burial.userId);
    const runId = this.redis.runId ?? '';
    let place: RedisPlace | null = null;
    for (const part of chunks(burial, burialChunk)) {
      const { keys, values } = this.burialArguments(part, partition);
      const [history = null, epoch = null] = (await this.redis.run((client) =>
        runScript(client, buryScript, keys, values),
      )) as (string | null)[];
      // Another server may have taken over in between, e.g. a replica that shows the same epoch.
      const isElsewhere = (this.redis.runId ?? '') !== runId || (place !== null && place.history !== history);
      if (isElsewhere) throw new StoreUnavailableError('redis');
      place = { runId, history, partition, epoch };
    }
    if (!place) throw new Error('a burial has at least one part');
    this.noteEpoch(partition, place.epoch);
    return place;
  }

  async renewEpoch(userId: UserId): Promise<string> {
    const partition = partitionOf(userId);
    const name = sessionKeys.epoch(partition);
    const epoch = await this.redis.run(async (client) => {
      await client.set(name, this.newEpoch(), 'NX');
      return client.get(name);
    });
    if (epoch === null) throw new StoreUnavailableError('redis');
    this.noteEpoch(partition, epoch);
    return epoch;
  }

  async verify(): Promise<RedisIdentity | null> {
    const { runId } = this.redis;
    // In a cluster each slot may be on another server; nothing there is served without Postgres.
    if (runId === null) return null;
    const names = this.epochs.map((_, partition) => sessionKeys.epoch(partition));
    const { history, texts: epochs } = await this.redis.run(async (client) => {
      const found = await readAsPrimary(client, names);
      const missing = names.filter((_, partition) => found.texts[partition] === null);
      if (missing.length === 0) return found;
      const made = this.newEpoch();
      const pipeline = client.pipeline();
      for (const name of missing) pipeline.set(name, made, 'NX');
      await pipeline.exec();
      return readAsPrimary(client, names);
    });
    if (epochs.includes(null) || this.redis.runId !== runId) throw new StoreUnavailableError('redis');
    for (const [partition, epoch] of epochs.entries()) this.epochs[partition] = epoch;
    return { runId, history, epochs: epochs as string[] };
  }

  /** A key of a wrong type reads as nothing. No script is needed: nothing here depends on two keys agreeing. */
  private async lookupAll(all: readonly SessionKey[]): Promise<Lookup[]> {
    const from = { runId: this.redis.runId ?? '', history: null };
    const names = all.flatMap((of) => namesOf(of).all);
    const texts = await this.redis.run((client) => client.mget(names));
    return all.map((of, index) => this.decoded(of, texts, index * namesPerLookup, from));
  }

  /** By the texts from this place on, in the order of their names. */
  private decoded(
    of: SessionKey,
    texts: readonly (string | null)[],
    at: number,
    { runId, history }: Pick<RedisPlace, 'runId' | 'history'>,
  ): Lookup {
    const { partition, all } = namesOf(of);
    const epoch = texts[at + 4] ?? null;
    this.noteEpoch(partition, epoch);
    return {
      entry: this.codec.decodeEntry(all[0], of, texts[at] ?? null),
      ended: this.codec.decodeEnd(all[1], texts[at + 1] ?? null),
      generation: this.codec.decodeGeneration(all[2], texts[at + 2] ?? null),
      tokenRevoked: this.codec.decodeEnd(all[3], texts[at + 3] ?? null) !== null,
      place: { runId, history, partition, epoch },
    };
  }

  private burialArguments(
    burial: Burial,
    partition: number,
  ): { keys: string[]; values: (string | number)[] } {
    const { userId, sessions, generation, tokens, userChange } = burial;
    const changedUser = sessionKeys.changedUser(userId);
    const endedUser = sessionKeys.endedUser(userId);
    const now = this.clock.now().getTime();
    const keys = [sessionKeys.epoch(partition), endedUser, changedUser];
    const generationText = generation
      ? this.codec.encodeGeneration(endedUser, generation.minimum, generation.end)
      : '';
    const changeText = userChange ? this.codec.encodeChange(changedUser, userChange) : '';
    const values: (string | number)[] = [tombstoneLifeMs, sessions.length, generationText, changeText];
    for (const { id, end } of sessions) {
      const name = sessionKeys.ended(userId, id);
      keys.push(sessionKeys.session(userId, id), name);
      values.push(this.codec.encodeEnd(name, end));
    }
    for (const { id, expiresAt } of tokens) {
      const name = sessionKeys.blacklist(userId, id);
      keys.push(name);
      const life = Math.max(1, expiresAt.getTime() - now + tokenLeewayMs);
      values.push(this.codec.encodeEnd(name, { at: new Date(now), reason: 'terminated' }), life);
    }
    return { keys, values };
  }

  private noteEpoch(partition: number, epoch: string | null): void {
    if (this.epochs[partition] === epoch) return;
    this.epochs[partition] = epoch;
    this.doubts += 1;
  }

  private newEpoch(): string {
    return this.random.bytes(8).toString('base64url');
  }
}

/** Positions of another history tell nothing, so an entry of one counts as older. */
function isOlder(entry: CachedSession | null, change: UserChange | null): boolean {
  if (!entry || !change) return false;
  return entry.database !== change.database || entry.position <= change.transaction;
}

/**
 * Values and replication history of one instant. A process keeps its run_id when it becomes the replica of another
 * and copies its data, epochs included; the history then changes, and a replica vouches for nothing.
 */
async function readAsPrimary(
  client: RedisClient,
  names: readonly string[],
): Promise<{ history: string; texts: (string | null)[] }> {
  const [replication, values] =
    (await client
      .multi()
      .info('replication')
      .mget(...names)
      .exec()) ?? [];
  const text = typeof replication?.[1] === 'string' ? replication[1] : '';
  const history = /^master_replid:(\w+)/m.exec(text)?.[1];
  if (!history || !/^role:master/m.test(text))
    throw new Error('READONLY or unknown: this server is no primary');
  return { history, texts: values?.[1] as (string | null)[] };
}

/** The user's parts and the tokens go with the first chunk. */
function* chunks(burial: Burial, size: number): Generator<Burial> {
  for (let start = 0; start === 0 || start < burial.sessions.length; start += size) {
    const sessions = burial.sessions.slice(start, start + size);
    yield start === 0
      ? { ...burial, sessions }
      : { ...burial, sessions, generation: null, tokens: [], userChange: undefined };
  }
}
