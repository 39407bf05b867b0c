import { setTimeout as pause } from 'node:timers/promises';
import { ApiInstance, eventually, FaultProxy, PostgresProcess, RedisProcess } from '@app/testing';
import pg from 'pg';
import { Client, type Device, inWords } from './client.js';

const secretKey = '7d0c1f5e9b3a48261e0f7a9d8c6b5e4f3021a4b5c6d7e8f90123456789abcdef';

/** How a program reaches a store: its URL, and whatever stands between. */
interface Store {
  readonly port: number;
  readonly url: string;
}

export interface FleetOptions {
  readonly size?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Null: the instances run without Redis. A text is given to them as it is. Absent: a private one. */
  readonly redis?: RedisProcess | string | null;
  readonly postgres?: PostgresProcess;
  readonly postgresSettings?: Readonly<Record<string, string>>;
}

/** One instance with a link of its own to each store, which can be cut. */
export class Member {
  readonly api: Client;

  constructor(
    readonly process: ApiInstance,
    readonly toPostgres: FaultProxy,
    readonly toRedis: FaultProxy | null,
    /** Enough to start it again. */
    readonly env: Readonly<Record<string, string>>,
  ) {
    this.api = new Client(process.baseUrl);
  }

  /** Resolves when it answers `/ready` so. */
  async becomes(status: 'ok' | 'degraded' | 'error', timeoutMs = 10_000): Promise<void> {
    let last = '';
    await eventually(
      async () => {
        const { body } = await this.api.ready();
        last = JSON.stringify(body);
        return body.status === status;
      },
      { timeoutMs, describe: () => `ready says ${status}, not ${last}` },
    );
  }

  /** At once; its row stays in the registry. */
  async end(): Promise<void> {
    this.api.close();
    await this.process.kill9();
  }
}

/** Real instances of the built product on real stores. */
export class Fleet {
  private readonly extra: Member[] = [];
  /** What is started for a test and ended with the fleet. */
  private readonly endings: (() => unknown)[] = [];
  private readonly admin: pg.Pool;

  private constructor(
    readonly members: readonly Member[],
    readonly postgres: PostgresProcess,
    private readonly ownRedis: RedisProcess | null,
    endings: readonly (() => unknown)[],
  ) {
    this.endings.push(...endings);
    this.admin = new pg.Pool({ connectionString: postgres.url, max: 2, application_name: 'test-admin' });
    this.admin.on('error', () => undefined); // A killed server is what tests are about.
  }

  static async start(options: FleetOptions = {}): Promise<Fleet> {
    const { size = 2, env = {} } = options;
    const endings: (() => unknown)[] = [];
    const [postgres, redis] = await Promise.all([
      options.postgres ?? PostgresProcess.start({ fsync: 'off', ...options.postgresSettings }),
      options.redis === undefined ? RedisProcess.start() : options.redis,
    ]);
    if (!options.postgres) endings.push(() => postgres.stop());
    if (redis instanceof RedisProcess && redis !== options.redis) endings.push(() => redis.stop());
    const starting = Array.from({ length: size }, (_, index) =>
      startMember(postgres, redis, { INSTANCE_ID: `member-${index}`, ...env }),
    );
    const settled = await Promise.allSettled(starting);
    const members = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const fleet = new Fleet(members, postgres, redis instanceof RedisProcess ? redis : null, endings);
    const failed = settled.find((one) => one.status === 'rejected');
    if (!failed) return fleet;
    await fleet.stop();
    throw failed.reason;
  }

  get redis(): RedisProcess {
    if (!this.ownRedis) throw new Error('this fleet runs without a Redis of its own');
    return this.ownRedis;
  }

  get first(): Member {
    return this.members[0]!;
  }

  get second(): Member {
    return this.members[1]!;
  }

  /** One more, under the same stores, of another build if given; ended with the fleet. */
  async join(env: Readonly<Record<string, string>>, main?: string): Promise<Member> {
    const member = await startMember(this.postgres, this.ownRedis, env, main);
    this.extra.push(member);
    return member;
  }

  /** Behind the product's back. */
  async sql<Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.admin.query(text, values)).rows as Row[];
  }

  /** Asks each instance twice, so that the session is in the cache. */
  async warm(device: Device): Promise<void> {
    for (const { api } of [...this.members, ...this.members]) {
      // On a busy machine even a healthy Redis may seem to be away for a moment.
      await eventually(async () => inWords(await api.check(device.token)) === '200', {
        describe: 'a live session is answered as configured',
      });
    }
  }

  /** Somebody whose session every instance has answered from the cache. */
  async warmDevice(): Promise<Device> {
    const device = await this.first.api.signUp();
    await this.warm(device);
    return device;
  }

  /** What each instance says about a token right now. */
  answers({ token }: Pick<Device, 'token'>): Promise<string[]> {
    return Promise.all(this.members.map(async ({ api }) => inWords(await api.check(token))));
  }

  /** Ends what a test that failed half-way has left broken, lest the following ones fail of it. */
  async heal(): Promise<void> {
    this.postgres.thaw();
    this.ownRedis?.thaw();
    for (const { toPostgres, toRedis, process } of this.members) {
      process.thaw();
      if (toPostgres.mode.kind !== 'pass') await toPostgres.set({ kind: 'pass' });
      if (toRedis && toRedis.mode.kind !== 'pass') await toRedis.set({ kind: 'pass' });
    }
  }

  /** Everything healed, and everybody vouches as configured again. */
  async becomesNormal(timeoutMs = 10_000): Promise<void> {
    await Promise.all(this.members.map((member) => member.becomes('ok', timeoutMs)));
  }

  /** Ends all, and then looks for errors that nobody handled: such a one is survived, and a bug all the same. */
  async stop(): Promise<void> {
    const members = [...this.members, ...this.extra];
    await Promise.all(members.map((member) => member.end()));
    await this.admin.end();
    for (const { toPostgres, toRedis } of members) {
      await toPostgres.close();
      await toRedis?.close();
    }
    for (const end of this.endings) await end();
    const bugs = members.flatMap(({ process }) =>
      process.output
        .split('\n')
        .filter((line) => /process\.(?:unhandled|uncaught)|"code":"INTERNAL/.test(line)),
    );
    if (bugs.length > 0) throw new Error(`unhandled:\n${bugs.join('\n')}`);
  }
}

async function startMember(
  postgres: Store,
  redis: Store | string | null,
  env: Readonly<Record<string, string>>,
  main?: string,
): Promise<Member> {
  const toPostgres = await linkTo(postgres);
  const toRedis = redis !== null && typeof redis !== 'string' ? await linkTo(redis) : null;
  const redisUrl = typeof redis === 'string' ? redis : toRedis && `redis://127.0.0.1:${toRedis.port}`;
  const complete = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    SECRET_KEY: secretKey,
    SHUTDOWN_DRAIN: '0',
    RATE_LIMIT_ENABLED: 'false',
    SESSION_LIMIT: '200',
    DATABASE_URL: toPostgres.through(postgres.url),
    ...(redisUrl ? { REDIS_URL: redisUrl } : { REDIS_ENABLED: 'false' }),
    ...env,
  };
  // The first statement of a start has 400 ms, which a busy machine may need for itself; orchestrators try again.
  const started = await ApiInstance.start({ env: complete, main }).catch(() =>
    ApiInstance.start({ env: complete, main }),
  );
  const member = new Member(started, toPostgres, toRedis, complete);
  if (redisUrl) await member.becomes('ok');
  return member;
}

function linkTo({ port }: Store): Promise<FaultProxy> {
  return FaultProxy.start({ target: { host: '127.0.0.1', port } });
}

export { pause };

export function entryKey({ userId, sessionId }: Device): string {
  return `session:{${partition(userId)}}:${sessionId}`;
}

export function tombstoneKey({ userId, sessionId }: Device): string {
  return `ended:{${partition(userId)}}:${sessionId}`;
}

export function partition(userId: string): number {
  return Number.parseInt(userId.slice(-2), 16);
}
