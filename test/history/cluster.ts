import { ApiInstance, FaultProxy, freePort, PostgresProcess, RedisProcess } from '@app/testing';
import { ApiClient } from './api-client.js';

export interface ClusterOptions {
  readonly instances: number;
  /** A replica of Redis, whose link can be held to make it lag. */
  readonly withReplica?: boolean;
  /** Programs of the instances; the built API for those without one. */
  readonly mains?: readonly (string | undefined)[];
  readonly env?: Readonly<Record<string, string>>;
}

/** The stores, which outlive the instances of one run. */
export interface Stores {
  readonly postgres: PostgresProcess;
  readonly redis: RedisProcess;
}

const environment = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'warn',
  SECRET_KEY: '7f2c1de04b9a5836f1e0d7c46a83b25910fe4d6c7b8a29351d0e8f7a6b5c4d3e',
  ACCESS_TOKEN_TTL: '900',
  RATE_LIMIT_ENABLED: 'false',
  SESSION_LIMIT: '10000',
  PASSWORD_HASH_MEMORY_KIB: '19456',
  PASSWORD_HASH_ITERATIONS: '2',
};

const startAttempts = 10;

/** Milliseconds; a busy machine starts instances slowly. */
const bootTimeoutMs = 60_000;

export async function startStores(): Promise<Stores> {
  // What is written survives the kill of a process without fsync; only the machine must not fail.
  const [postgres, redis] = await Promise.all([
    PostgresProcess.start({ fsync: 'off', max_connections: '80' }),
    RedisProcess.start(),
  ]);
  return { postgres, redis };
}

export async function stopStores({ postgres, redis }: Stores): Promise<void> {
  await Promise.all([postgres.stop(), redis.stop()]);
}

/** One API instance with a proxy of its own before each store. */
export class Member {
  /** Starts so far, less one. */
  run = 0;
  isUp = true;

  constructor(
    readonly index: number,
    readonly toPostgres: FaultProxy,
    readonly toRedis: FaultProxy,
    readonly client: ApiClient,
    readonly name: string,
    private readonly launch: (main: string | undefined) => Promise<ApiInstance>,
    private process: ApiInstance,
  ) {}

  get output(): string {
    return this.process.output;
  }

  get exited(): Promise<unknown> {
    return this.process.exited;
  }

  async kill9(): Promise<void> {
    this.isUp = false;
    await this.process.kill9();
  }

  /** Also after it has ended by itself; as the built API unless told. */
  async restart(main?: string): Promise<void> {
    if (this.process.isRunning) await this.process.kill9();
    this.process = await untilUp(() => this.launch(main));
    this.run += 1;
    this.isUp = true;
  }

  freeze(): Promise<void> {
    return this.process.freeze();
  }

  thaw(): void {
    this.process.thaw();
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.process.kill9();
    await Promise.all([this.toPostgres.close(), this.toRedis.close()]);
  }
}

/** Real instances, a real PostgreSQL, a real Redis with a replica, and a fault proxy on every link. */
export class Cluster {
  private constructor(
    readonly members: readonly Member[],
    readonly postgres: PostgresProcess,
    /** The server that clients are meant to use; a failover exchanges the two. */
    public redis: RedisProcess,
    public replica: RedisProcess | null,
    public readonly replicaLink: FaultProxy | null,
  ) {}

  static async start(options: ClusterOptions, stores: Stores): Promise<Cluster> {
    const { postgres, redis } = stores;
    const replicaLink = options.withReplica ? await FaultProxy.start({ target: target(redis) }) : null;
    const replica = replicaLink ? await RedisProcess.startReplicaOf(replicaLink) : null;
    const members: Member[] = [];
    // The first one migrates the database; the others find it done.
    members.push(await startMember(0, options, stores));
    const rest = Array.from({ length: options.instances - 1 }, (_, index) => index + 1);
    members.push(...(await Promise.all(rest.map((index) => startMember(index, options, stores)))));
    return new Cluster(members, postgres, redis, replica, replicaLink);
  }

  member(index: number): Member {
    const member = this.members[index];
    if (!member) throw new Error(`there is no instance ${index}`);
    return member;
  }

  /** Every link passes again. Servers and processes are the business of whoever stopped them. */
  async heal(): Promise<void> {
    const links = this.members.flatMap((member) => [member.toPostgres, member.toRedis]);
    await Promise.all([...links, ...(this.replicaLink ? [this.replicaLink] : [])].map(pass));
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    await this.replica?.stop();
    await this.replicaLink?.close();
  }
}

export function target(server: { readonly port: number }): { host: string; port: number } {
  return { host: '127.0.0.1', port: server.port };
}

/** An instance does not start without Postgres, which a fault may have taken away or a busy machine have slowed. */
async function untilUp(launch: () => Promise<ApiInstance>): Promise<ApiInstance> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch();
    } catch (error) {
      if (attempt === startAttempts) throw error;
    }
  }
}

function pass(proxy: FaultProxy): Promise<void> {
  return proxy.set({ kind: 'pass' });
}

async function startMember(index: number, options: ClusterOptions, stores: Stores): Promise<Member> {
  const { postgres, redis } = stores;
  const [toPostgres, toRedis, port] = await Promise.all([
    FaultProxy.start({ target: target(postgres) }),
    FaultProxy.start({ target: target(redis) }),
    freePort(),
  ]);
  const name = `instance-${index}`;
  const env = {
    ...environment,
    ...options.env,
    INSTANCE_ID: name,
    DATABASE_URL: toPostgres.through(postgres.url),
    REDIS_URL: toRedis.through(redis.url),
  };
  const launch = (main?: string): Promise<ApiInstance> =>
    ApiInstance.start({ env, port, main, bootTimeoutMs });
  const client = new ApiClient(port);
  const first = await untilUp(() => launch(options.mains?.[index]));
  return new Member(index, toPostgres, toRedis, client, name, launch, first);
}
