import { randomUUID } from 'node:crypto';
import { SessionCheck, SignOut } from '@app/auth';
import { type TokenId, UnitOfWork, type UserId } from '@app/kernel';
import { RedisConnection } from '@app/redis';
import { type Session, SessionAuthority } from '@app/sessions';
import { eventually, PostgresProcess, RedisProcess } from '@app/testing';
import { AccessTokens } from '@app/tokens';
import { type User, UserRepository } from '@app/users';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { openApp } from './support/open-app.js';
import { quantile } from './support/steady-load.js';

const many = 1_000;
const rounds = 3;

const opening = {
  client: {
    ipAddress: '203.0.113.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    device: { browser: 'Firefox 140', os: 'Linux', kind: 'desktop' },
  },
  profile: 'standard',
} as const;

interface Held {
  readonly user: User;
  readonly session: Session;
}

/** The application on a durable Postgres and a Redis, both of its own. */
class Stand {
  constructor(
    readonly app: NestFastifyApplication,
    readonly postgres: PostgresProcess,
    readonly redis: RedisProcess,
  ) {}

  async addUser(): Promise<User> {
    const id = randomUUID() as UserId;
    return this.app.get(UserRepository).insert({
      id,
      email: `${id}@example.com`,
      username: null,
      fullName: 'Ann Example',
      role: 'user',
      passwordHash: 'none',
      createdAt: new Date(),
    });
  }

  /** As a sign-in does it, without the password: one transaction under the lock of the user. */
  async open(user: User): Promise<Held> {
    const session = await this.app.get(UnitOfWork).run(async () => {
      await this.app.get(UserRepository).lock(user.id);
      return this.app.get(SessionAuthority).issue(user, opening);
    });
    return { user, session };
  }

  /** Whether a commit waits for the disk. */
  async setFsync(value: 'off' | 'on'): Promise<void> {
    await this.sql(`alter system set fsync = ${value}`);
    await this.sql('select pg_reload_conf()');
  }

  tokenOf({ user, session }: Held): string {
    return this.app.get(AccessTokens).issue({
      userId: user.id,
      sessionId: session.id,
      tokenId: session.id.slice(0, 22) as TokenId,
      authenticatedAt: session.authenticatedAt,
      notAfter: session.expiresAt,
    }).text;
  }

  async check(token: string): Promise<void> {
    await this.app.get(SessionCheck).authenticate(token);
  }

  async sql<Row extends object>(text: string): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.postgres.url });
    await client.connect();
    try {
      return (await client.query<Row>(text)).rows;
    } finally {
      await client.end();
    }
  }
}

async function spread<Item>(
  items: readonly Item[],
  callers: number,
  act: (item: Item) => Promise<unknown>,
): Promise<number> {
  const started = performance.now();
  let next = 0;
  const caller = async (): Promise<void> => {
    while (next < items.length) await act(items[next++]!);
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return performance.now() - started;
}

const middle = (values: readonly number[]): string =>
  `${quantile(values, 0.5).toFixed(0)} (${quantile(values, 0).toFixed(0)} to ${quantile(values, 1).toFixed(0)}) ms`;

/** Nothing here asserts a time; the tables are to be read beside each other. */
describe('what sessions cost', () => {
  let stand: Stand;
  const times: Record<string, string> = {};
  const memory: Record<string, string> = {};

  beforeAll(async () => {
    const [postgres, redis] = await Promise.all([PostgresProcess.start(), RedisProcess.start()]);
    const app = await openApp({
      DATABASE_URL: postgres.url,
      REDIS_URL: redis.url,
      SESSION_LIMIT: '10000',
    });
    stand = new Stand(app, postgres, redis);
    await eventually(() => app.get(RedisConnection).isAvailable, { describe: 'Redis is connected' });
  }, 60_000);

  afterAll(async () => {
    await stand.app.close();
    await Promise.all([stand.postgres.stop(), stand.redis.stop()]);
    console.table(times);
    console.table(memory);
  });

  it('to open and to check', async () => {
    const taken: Record<string, number[]> = {};
    const note = (name: string, ms: number): void => void (taken[name] ??= []).push(ms);
    for (let round = 0; round < rounds; round += 1) {
      const users: User[] = [];
      await spread(Array.from({ length: many }), 5, async () => users.push(await stand.addUser()));
      const held: Held[] = [];
      const open = async (user: User): Promise<void> => void held.push(await stand.open(user));
      note('1,000 sessions opened, one after the other', await spread(users, 1, open));
      note('1,000 sessions opened, by ten at once', await spread(users, 10, open));
      await stand.setFsync('off');
      note('the same without fsync, one after the other', await spread(users, 1, open));
      note('the same without fsync, by ten at once', await spread(users, 10, open));
      await stand.setFsync('on');
      const tokens = held.slice(0, many).map((one) => stand.tokenOf(one));
      note(
        '1,000 first checks (Postgres, fills Redis), by ten',
        await spread(tokens, 10, (token) => stand.check(token)),
      );
      note(
        '1,000 further checks (Redis), one after the other',
        await spread(tokens, 1, (token) => stand.check(token)),
      );
      note('1,000 further checks (Redis), by ten', await spread(tokens, 10, (token) => stand.check(token)));
    }
    for (const [name, values] of Object.entries(taken)) times[name] = middle(values);
    expect(Object.keys(times)).toHaveLength(7);
  }, 600_000);

  it('to keep', async () => {
    const counts = await stand.sql<{ sessions: string }>('select count(*) as sessions from sessions');
    const sessions = Number(counts[0]!.sessions);
    const cached = ((await stand.redis.command('KEYS', 'session:*')) as string[]).length;
    await stand.sql('vacuum full');
    for (const table of ['sessions', 'event_log']) {
      const [size] = await stand.sql<{ rows: string; indexes: string }>(
        `select pg_table_size('${table}') as rows, pg_indexes_size('${table}') as indexes`,
      );
      memory[`Postgres, ${table}`] =
        `${Math.round(Number(size!.rows) / sessions)} bytes of rows and ${Math.round(Number(size!.indexes) / sessions)} of indexes`;
    }
    const used = async (): Promise<number> =>
      Number(/used_memory:(\d+)/.exec(String(await stand.redis.command('INFO', 'memory')))![1]);
    const full = await used();
    const names = (await stand.redis.command('KEYS', 'session:*')) as string[];
    const size = await stand.redis.command('MEMORY', 'USAGE', names[0]!);
    await stand.redis.command('FLUSHALL');
    memory['Redis, all of it'] = `${Math.round((full - (await used())) / cached)} bytes`;
    memory['Redis, the entry alone (MEMORY USAGE)'] = `${String(size)} bytes`;
    expect(cached).toBe(rounds * many);
  }, 60_000);

  it('to end', async () => {
    const taken: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const user = await stand.addUser();
      const held: Held[] = [];
      await spread(Array.from({ length: many }), 1, async () => held.push(await stand.open(user)));
      await spread(
        held.map((one) => stand.tokenOf(one)),
        10,
        (token) => stand.check(token),
      );
      const started = performance.now();
      const { count, propagation } = await stand.app.get(SignOut).everywhere(user.id);
      taken.push(performance.now() - started);
      expect([count, propagation]).toEqual([many, 'complete']);
    }
    times['1,000 sessions of one user ended and proven'] = middle(taken);
  }, 600_000);
});
