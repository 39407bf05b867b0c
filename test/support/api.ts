import { loadConfig, resolveServerSecret, type Config } from '@app/config';
import { CryptoRandomSource, SystemClock, type Clock } from '@app/kernel';
import { type OpenDatabase, openDatabase, type Opening } from '@app/postgres';
import { RedisConnection } from '@app/redis';
import { createTestDatabase, eventually, FaultProxy, openPatiently, RedisProcess } from '@app/testing';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import supertest, { type Response, type Test } from 'supertest';
import { createApp } from '../../apps/api/src/create-app.js';
import { MemoryLog } from './memory-log.js';
import { aPerson, type Person } from './people.js';

export const base = '/api/v1';

/** Every suite must hold without Redis and with it: jest runs those about sessions both ways. */
export const isWithRedis = process.env.TEST_REDIS === 'on';

/** Applications that one test file may start, each with a database of its own in the file's Redis. */
const redisDatabases = 64;

const testEnvironment = {
  NODE_ENV: 'test',
  SECRET_KEY: '5f1e9a3c7b2d8046e1f0a9b8c7d6e5f4031221304f5e6d7c8b9aa0b1c2d3e4f5',
  LOG_LEVEL: 'debug',
  SHUTDOWN_DRAIN: '0',
  RATE_LIMIT_ENABLED: 'false',
  PASSWORD_HASH_MEMORY_KIB: '19456',
  PASSWORD_HASH_ITERATIONS: '2',
  PASSWORD_HASH_CONCURRENCY: '2',
};

interface ApiOptions {
  /** On top of the test environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock?: Clock;
  /** Time zone that the database works in; must make no difference to anything. */
  readonly databaseZone?: string;
  /** A free one unless told; for tests whose clients must know the address before. */
  readonly port?: number;
  /** Another instance on the database of this one, which was started before. */
  readonly beside?: Api;
  /** Gives the database up as fast as the product does, for tests in which it is away. */
  readonly isHasty?: boolean;
  /** Of a statement; for tests that hold a row while others wait for it. */
  readonly lockTimeoutMs?: number;
}

/** Columns that are written in the background. */
const usage = ['request_count', 'last_access_at', 'idle_expires_at', 'ips_used'].join();

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options';

/** Requests that carry one credential. Paths are below the API's base unless they are whole URLs of it. */
export class Caller {
  constructor(
    private readonly api: Api,
    readonly token: string,
  ) {}

  get = (path: string): Test => this.send('get', path);
  post = (path: string, body?: object): Test => this.send('post', path, body);
  put = (path: string, body?: object): Test => this.send('put', path, body);
  delete = (path: string): Test => this.send('delete', path);

  send(method: Method, path: string, body?: object): Test {
    const request = this.api.send(method, path).set('authorization', `Bearer ${this.token}`);
    return body === undefined ? request : request.send(body);
  }
}

/** Somebody signed in on one device. */
export class SignedInDevice extends Caller {
  readonly sessionId: string;
  readonly userId: string;
  readonly refreshToken: string;

  constructor(
    api: Api,
    readonly person: Person,
    readonly reply: Response,
    token: string = reply.body.data.access_token,
  ) {
    super(api, token);
    this.sessionId = reply.body.data.session.id;
    this.userId = reply.body.data.user.id;
    this.refreshToken = reply.body.data.refresh_token;
  }
}

/** The real application on a real database of its own, listening on a free port. */
export class Api {
  constructor(
    readonly app: NestFastifyApplication,
    readonly config: Config,
    readonly log: MemoryLog,
    readonly databaseUrl: string,
    readonly admin: pg.Client,
    /** What stands between the application and its database. */
    readonly toDatabase: FaultProxy,
  ) {}

  get port(): number {
    return (this.app.getHttpServer().address() as AddressInfo).port;
  }

  /** Without a credential. */
  send(method: Method, path: string): Test {
    return supertest(this.app.getHttpServer())[method](path.startsWith('/api/') ? path : `${base}${path}`);
  }

  /** An address outside the API's base. */
  root(method: Method, path: string): Test {
    return supertest(this.app.getHttpServer())[method](path);
  }

  as(token: string): Caller {
    return new Caller(this, token);
  }

  async register(person: Person = aPerson(), headers: Record<string, string> = {}): Promise<SignedInDevice> {
    const reply = await this.send('post', '/auth/register').set(headers).send(person).expect(201);
    return new SignedInDevice(this, person, reply);
  }

  refresh(token: string): Test {
    return this.send('post', '/auth/refresh').send({ refresh_token: token });
  }

  async signIn(person: Person, headers: Record<string, string> = {}): Promise<SignedInDevice> {
    const { email, password } = person;
    const reply = await this.send('post', '/auth/signin').set(headers).send({ email, password }).expect(200);
    return new SignedInDevice(this, person, reply);
  }

  /** Somebody who administers, signed in since. */
  async administrator(person: Person = aPerson()): Promise<SignedInDevice> {
    const { userId } = await this.register(person);
    await this.sql(`update users set role = 'admin' where id = $1`, [userId]);
    return this.signIn(person);
  }

  /** Behind the product's back. */
  async sql<Row = Record<string, unknown>>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await this.admin.query(text, values)).rows as Row[];
  }

  /**
   * Number and digest of all rows of every table: equal fingerprints mean that no request wrote anything. The
   * heartbeats of instances, the readers of the log and what they count or write down go on by themselves, and so do the uses of sessions and the notes
   * of failed sign-ins, which no request waits for.
   */
  async fingerprint(): Promise<Record<string, unknown>> {
    const tables = await this.sql<{ name: string }>(
      `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' and tablename not in ('instances', 'log_readers', 'rollups', 'rollup_users', 'audit_log', 'audit_chain') order by tablename`,
    );
    const parts = tables.map(
      ({ name }) =>
        `select '${name}' as name, count(*)::int as rows,
                md5(coalesce(string_agg(fixed::text, '|' order by fixed::text), '')) as digest
          from ${name} t, lateral (select to_jsonb(t) - '{${usage}}'::text[] as fixed) as row
         where fixed->>'type' is distinct from 'signin.failed'`,
    );
    const rows = await this.sql<{ name: string }>(parts.join(' union all '));
    return Object.fromEntries(rows.map(({ name, ...facts }) => [name, facts]));
  }
}

const closers: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  const failures: unknown[] = [];
  // What could not be closed must not keep the rest open: Jest would wait for it for ever.
  for (const close of closers.splice(0).toReversed()) await close().catch((error) => failures.push(error));
  if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join('\n'));
});

/** Gone after the test file, with its database. */
export async function startApi({
  env = {},
  clock = new SystemClock(),
  databaseZone = 'UTC',
  port = 0,
  beside,
  isHasty = false,
  lockTimeoutMs,
}: ApiOptions = {}): Promise<Api> {
  const { databaseUrl, admin } = beside ?? (await aDatabase());
  const toDatabase = await linkTo(databaseUrl);
  const url = new URL(toDatabase.through(databaseUrl));
  url.searchParams.set('options', `-c timezone=${databaseZone}`);
  const config = loadConfig({
    ...testEnvironment,
    DATABASE_URL: url.toString(),
    ...(isWithRedis && !env.REDIS_URL ? await redisEnvironment() : {}),
    ...env,
  });
  const log = new MemoryLog();
  const opening = { clock, onIdleError: failOnLostConnection, lockTimeoutMs };
  const app = await createApp({
    config,
    logger: log.loggerAt(config.logLevel),
    database: isHasty ? await openDatabase(config.postgres, opening) : await openAtLeisure(config, opening),
    runtime: { clock, random: new CryptoRandomSource(), secret: resolveServerSecret(config) },
  });
  const api = new Api(app, config, log, databaseUrl, admin, toDatabase);
  closers.push(() => (beside ? app.close() : closeWithoutLeaks(api)));
  await app.listen(port, '127.0.0.1');
  if (isWithRedis && config.redis && !env.REDIS_URL) await becomesAvailable(app.get(RedisConnection));
  return api;
}

/** As `openDatabase`, but for the bounds. */
async function openAtLeisure({ postgres }: Config, opening: Opening): Promise<OpenDatabase> {
  if (postgres.kind !== 'server') throw new Error('tests of the API have a server');
  const database = await openPatiently(postgres.url, { ...opening, poolSize: postgres.poolSize });
  return { database, close: () => database.close() };
}

async function linkTo(databaseUrl: string): Promise<FaultProxy> {
  const { hostname: host, port } = new URL(databaseUrl);
  const link = await FaultProxy.start({ target: { host, port: Number(port) } });
  closers.push(() => link.close());
  return link;
}

async function aDatabase(): Promise<{ databaseUrl: string; admin: pg.Client }> {
  const database = await createTestDatabase(migrate);
  closers.push(() => database.drop());
  const admin = new pg.Client({ connectionString: database.url, application_name: 'test-admin' });
  await admin.connect();
  closers.push(() => admin.end());
  return { databaseUrl: database.url, admin };
}

let redis: Promise<RedisProcess> | null = null;
let redisUsers = 0;

async function redisEnvironment(): Promise<Record<string, string>> {
  redis ??= RedisProcess.start({ args: ['--databases', String(redisDatabases)] }).then((started) => {
    closers.unshift(() => started.stop());
    return started;
  });
  const { url } = await redis;
  return { REDIS_URL: url, REDIS_DB: String(redisUsers++) };
}

async function becomesAvailable(connection: RedisConnection): Promise<void> {
  await eventually(() => connection.isAvailable, { describe: 'Redis is connected' });
}

async function migrate(url: string): Promise<void> {
  const { close } = await openDatabase(
    { kind: 'server', url, poolSize: 1 },
    { clock: new SystemClock(), onIdleError: failOnLostConnection },
  );
  await close();
}

function failOnLostConnection(error: Error): never {
  throw error;
}

/** A pool that is never ended, or a connection that is never released, shows up here. */
async function closeWithoutLeaks(api: Api): Promise<void> {
  await api.app.close();
  const leftOpen = `select from pg_stat_activity
    where datname = current_database() and application_name like 'rollcall%'`;
  // A backend outlives its connection by a moment.
  await eventually(async () => (await api.sql(leftOpen)).length === 0, {
    describe: 'no connection of a closed application is left',
  });
}
