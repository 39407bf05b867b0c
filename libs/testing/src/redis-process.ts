import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { freePort } from './free-port.js';
import { type Exit, ServerProcess } from './server-process.js';
import { ServerHome } from './server-home.js';
import { testServers } from './test-servers.js';
import { eventually } from './wait-until.js';

export interface RedisOptions {
  readonly port?: number;
  /** Command line options as `redis-server` takes them; they win over the defaults below. */
  readonly args?: readonly string[];
  /** Data folder, kept by `stop()`; without one a folder is made and removed again. */
  readonly dir?: string;
  /** Content of a configuration file, which the server may rewrite, in place of the defaults below. */
  readonly configFile?: string;
}

/** Nothing is saved; replicas attach at once; a stop does not wait for them; DEBUG SLEEP and such are allowed. */
const defaults = [
  ['--save', ''],
  ['--appendonly', 'no'],
  ['--repl-diskless-sync-delay', '0'],
  ['--shutdown-timeout', '0'],
  ['--enable-debug-command', 'local'],
].flat();

/** Milliseconds. */
const commandTimeout = 5_000;
const stopPatience = 3_000;

/** A private Redis (7 or newer) on 127.0.0.1, to be killed, frozen and restarted at will. */
export class RedisProcess {
  private constructor(
    private readonly home: ServerHome,
    readonly port: number,
    readonly dir: string,
    private readonly ownArgs: readonly string[],
    private args: readonly string[],
    private server: ServerProcess,
  ) {}

  /** Resolves when it serves. Rejects with the server's output when it exits first, e.g. for a bad option. */
  static async start(options: RedisOptions = {}): Promise<RedisProcess> {
    const port = options.port ?? (await freePort());
    const home = new ServerHome('redis');
    const dir = options.dir ?? home.folder;
    const basis = options.configFile === undefined ? defaults : [writeConfig(home, options.configFile)];
    const address = ['--port', String(port), '--bind', '127.0.0.1', '--protected-mode', 'no', '--dir', dir];
    const ownArgs = [...basis, ...address];
    const { args = [] } = options;
    try {
      const server = await launch(home, dir, [...ownArgs, ...args]);
      return new RedisProcess(home, port, dir, ownArgs, args, server);
    } catch (error) {
      home.release();
      throw error;
    }
  }

  /**
   * A replica of the server behind a port of 127.0.0.1, which may be a fault proxy in front of it. Resolves when
   * the primary counts it as online: one that dies earlier has a replica that no Sentinel would promote.
   */
  static async startReplicaOf(
    primary: { readonly port: number },
    { args = [], ...options }: RedisOptions = {},
  ): Promise<RedisProcess> {
    const replicaof = ['--replicaof', '127.0.0.1', String(primary.port)];
    const replica = await RedisProcess.start({ ...options, args: [...replicaof, ...args] });
    const online = new RegExp(`port=${replica.port},state=online`);
    try {
      await eventually(
        async () =>
          online.test(String(await call(primary.port, ['INFO', 'replication']))) &&
          String(await replica.command('INFO', 'replication')).includes('master_link_status:up'),
        { timeoutMs: 10_000, describe: `the replica on port ${replica.port} is online` },
      );
    } catch (error) {
      await replica.stop();
      throw error;
    }
    return replica;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.server.pid;
  }

  /** Standard output and error of the present run. */
  get output(): string {
    return this.server.output;
  }

  /**
   * Sends one command over a connection of its own, so it works right after a restart as well. Replies look as
   * in RESP2. Rejects when there is no answer within 5 s, as from a frozen server.
   */
  command(...command: readonly [string, ...(string | number | Buffer)[]]): Promise<unknown> {
    return call(this.port, command);
  }

  /** Resolves when the process is gone; what was not on disk is lost. */
  kill9(): Promise<Exit> {
    return this.server.kill9();
  }

  freeze(): Promise<void> {
    return this.server.freeze();
  }

  thaw(): void {
    this.server.thaw();
  }

  /**
   * Starts it again on the same port and folder, with other options if given; ended in good order first if it
   * still runs. After `kill9()` this is the restart after a crash. Rejects as `start` does.
   */
  async restart(args: readonly string[] = this.args): Promise<void> {
    await this.end();
    this.args = args;
    this.server = await launch(this.home, this.dir, [...this.ownArgs, ...args]);
  }

  /** Ends it in whatever state it is and removes the folder that `start` made. */
  async stop(): Promise<void> {
    // An orderly end takes 100 ms, which only data that somebody keeps is worth.
    if (this.dir === this.home.folder) await this.kill9();
    else await this.end();
    this.home.release();
  }

  private async end(): Promise<void> {
    if (this.server.isRunning) await this.server.end('SIGTERM', stopPatience);
  }
}

function writeConfig(home: ServerHome, content: string): string {
  const path = join(home.folder, 'redis.conf');
  writeFileSync(path, content);
  return path;
}

async function launch(home: ServerHome, dir: string, args: readonly string[]): Promise<ServerProcess> {
  mkdirSync(dir, { recursive: true });
  const server = new ServerProcess(home, { command: testServers.redisServer, args, cwd: dir });
  await server.ready(() => /Ready to accept connections|Sentinel ID is/.test(server.output));
  return server;
}

async function call(port: number, [name, ...args]: readonly (string | number | Buffer)[]): Promise<unknown> {
  const client = new Redis({
    host: '127.0.0.1',
    port,
    lazyConnect: true,
    connectTimeout: commandTimeout,
    commandTimeout,
    // The ready check would refuse commands to a server that is loading, which tests want to see.
    enableReadyCheck: false,
    retryStrategy: () => null,
    replyMapping: 'legacy',
  });
  let lost: unknown;
  client.on('error', (error) => (lost = error));
  try {
    await client.connect();
    return await client.call(String(name), ...args);
  } catch (error) {
    // ioredis rejects with "Connection is closed"; why it closed is in the event.
    throw lost ?? error;
  } finally {
    client.disconnect();
  }
}
