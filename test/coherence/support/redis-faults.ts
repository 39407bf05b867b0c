import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { eventually, type RedisProcess } from '@app/testing';
import type { Fleet } from './fleet.js';

let place: Socket | null = null;

/** One way in which Redis can be away, and its end. */
export interface Fault {
  readonly name: string;
  readonly begin: (fleet: Fleet) => Promise<unknown>;
  readonly heal: (fleet: Fleet) => Promise<unknown>;
  /** True if it goes on answering reads, which are then used. */
  readonly isReadable: boolean;
}

const onAllLinks = (fleet: Fleet, mode: 'hold' | 'pass'): Promise<unknown> =>
  Promise.all(fleet.members.map(({ toRedis }) => toRedis!.set({ kind: mode })));

export const redisFaults: readonly Fault[] = [
  {
    name: 'is killed',
    begin: ({ redis }) => redis.kill9(),
    heal: ({ redis }) => redis.restart(),
    isReadable: false,
  },
  {
    name: 'is frozen',
    begin: ({ redis }) => redis.freeze(),
    heal: async ({ redis }) => redis.thaw(),
    isReadable: false,
  },
  {
    name: 'is behind links that carry nothing',
    begin: (fleet) => onAllLinks(fleet, 'hold'),
    heal: (fleet) => onAllLinks(fleet, 'pass'),
    isReadable: false,
  },
  {
    name: 'wants a password',
    begin: async ({ redis }) => {
      await redis.command('CONFIG', 'SET', 'requirepass', 'changed');
      await redis.command('AUTH', 'changed').catch(() => undefined);
      await redis.kill9();
      await redis.restart(['--requirepass', 'changed']);
    },
    heal: async ({ redis }) => {
      await redis.kill9();
      await redis.restart([]);
    },
    isReadable: false,
  },
  {
    name: 'has become a read-only replica',
    begin: ({ redis }) => redis.command('REPLICAOF', '127.0.0.1', '1'),
    heal: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
    isReadable: true,
  },
  {
    name: 'is full',
    begin: ({ redis }) => redis.command('CONFIG', 'SET', 'maxmemory', '1mb'),
    heal: ({ redis }) => redis.command('CONFIG', 'SET', 'maxmemory', '0'),
    isReadable: true,
  },
  {
    name: 'is busy with a script that does not end',
    begin: async ({ redis }) => {
      await redis.command('CONFIG', 'SET', 'busy-reply-threshold', '50');
      void redis.command('EVAL', 'while true do end', 0).catch(() => undefined);
    },
    heal: ({ redis }) => redis.command('SCRIPT', 'KILL'),
    isReadable: false,
  },
  {
    name: 'cannot save and takes no writes',
    begin: async ({ redis }) => {
      const file = join(redis.dir, 'dump.rdb');
      rmSync(file, { force: true });
      mkdirSync(file);
      await redis.command('CONFIG', 'SET', 'save', '900 1');
      await redis.command('BGSAVE');
      await eventually(() => refusesWrites(redis, 'MISCONF'), { describe: 'the save has failed' });
    },
    heal: async ({ redis }) => {
      await redis.command('CONFIG', 'SET', 'save', '');
      rmSync(join(redis.dir, 'dump.rdb'), { recursive: true });
    },
    isReadable: true,
  },
  {
    name: 'misses the replicas that it must have',
    begin: async ({ redis }) => {
      await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '3');
      await eventually(() => refusesWrites(redis, 'NOREPLICAS'), { describe: 'writes are refused' });
    },
    heal: ({ redis }) => redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0'),
    isReadable: true,
  },
  {
    name: 'has no room for another client',
    begin: async ({ redis }) => {
      // Takes the one place that is left, over which it is given back.
      place = connect(redis.port, '127.0.0.1');
      await once(place, 'connect');
      place.write('CONFIG SET maxclients 1\r\nCLIENT KILL TYPE normal SKIPME yes\r\n');
    },
    heal: async () => {
      place?.write('CONFIG SET maxclients 10000\r\nQUIT\r\n');
      await (place && once(place.resume(), 'close'));
    },
    isReadable: false,
  },
];

async function refusesWrites(redis: RedisProcess, code: string): Promise<boolean> {
  const answer = await redis.command('SET', 'any', 'value').catch((error: Error) => error.message);
  return String(answer).startsWith(code);
}
