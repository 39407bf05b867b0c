import { execFile, spawnSync } from 'node:child_process';
import { chownSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from './free-port.js';
import { type Exit, ServerProcess } from './server-process.js';
import { ServerHome } from './server-home.js';
import { testServers } from './test-servers.js';

/** Server settings as in postgresql.conf, e.g. `{ fsync: 'off', max_connections: '10' }`. */
export type PostgresSettings = Readonly<Record<string, string>>;

/** PostgreSQL refuses to run as root, so there it runs as `nobody`. */
const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** Milliseconds; a fast shutdown writes a checkpoint. */
const stopPatience = 10_000;

/**
 * A private PostgreSQL cluster on 127.0.0.1, to be killed, frozen and restarted at will. It is durable, unlike
 * the shared one: what it acknowledged survives `kill9()`. Starting takes some 0.2 s.
 */
export class PostgresProcess {
  private constructor(
    private readonly home: ServerHome,
    readonly port: number,
    private settings: PostgresSettings,
    private server: ServerProcess,
  ) {}

  /** Resolves when it serves. Rejects with the server's output when it exits first, e.g. for a bad setting. */
  static async start(settings: PostgresSettings = {}): Promise<PostgresProcess> {
    const port = await freePort();
    const home = new ServerHome('pg');
    try {
      if (nobody.uid !== undefined) chownSync(home.folder, nobody.uid, nobody.gid);
      // A quarter of the time of initdb; -a keeps the owner, whom PostgreSQL checks.
      await promisify(execFile)('cp', ['-a', testServers.postgresCluster, dataFolder(home)]);
      return new PostgresProcess(home, port, settings, await launch(home, port, settings));
    } catch (error) {
      home.release();
      throw error;
    }
  }

  /** The database `postgres` as superuser, without password. */
  get url(): string {
    return `postgres://rollcall@127.0.0.1:${this.port}/postgres`;
  }

  /** The postmaster. */
  get pid(): number {
    return this.server.pid;
  }

  /** The server's log of the present run. */
  get output(): string {
    return this.server.output;
  }

  /** Kills the postmaster and all its children; resolves when none is left. Connections are reset or closed. */
  kill9(): Promise<Exit> {
    return this.server.kill9();
  }

  /** Stops the postmaster and every child. New connections are accepted by the kernel and get no answer. */
  freeze(): Promise<void> {
    return this.server.freeze();
  }

  thaw(): void {
    this.server.thaw();
  }

  /**
   * Starts it again on the same port and data, with other settings if given; with a fast shutdown first if it
   * still runs. After `kill9()` this includes crash recovery. Rejects as `start` does.
   */
  async restart(settings: PostgresSettings = this.settings): Promise<void> {
    await this.end('SIGINT');
    this.settings = settings;
    this.server = await launch(this.home, this.port, settings);
  }

  /** Ends it in whatever state it is and removes its data. */
  async stop(): Promise<void> {
    // SIGQUIT frees the shared memory as an orderly end does, and spares the checkpoint of data thrown away.
    await this.end('SIGQUIT');
    removeSharedMemory(this.home);
    this.home.release();
  }

  private async end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    if (this.server.isRunning) await this.server.end(signal, stopPatience);
  }
}

function dataFolder(home: ServerHome): string {
  return join(home.folder, 'data');
}

async function launch(home: ServerHome, port: number, settings: PostgresSettings): Promise<ServerProcess> {
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: home.folder,
    // In the data folder rather than in /dev/shm, where a killed server would leave it.
    dynamic_shared_memory_type: 'mmap',
    ...settings,
  };
  const settingArgs = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const server = new ServerProcess(home, {
    command: join(testServers.postgresBinDir, 'postgres'),
    args: ['-D', dataFolder(home), '-p', String(port), ...settingArgs],
    cwd: home.folder,
    ...nobody,
  });
  // The whole phrase: "already in use" and "not yet accepting connections" are printed as well.
  await server.ready(() => /ready to accept (?:read-only )?connections/.test(server.output));
  return server;
}

/**
 * A killed server leaves a small System V segment, which only the next start on its data would remove; macOS
 * has room for 32. After an orderly end there is no postmaster.pid and nothing to do.
 */
function removeSharedMemory(home: ServerHome): void {
  const segment = sharedMemorySegment(dataFolder(home));
  if (segment) spawnSync('/usr/bin/ipcrm', ['-m', segment], { stdio: 'ignore', timeout: 1_000 });
}

/** The seventh line of postmaster.pid is the key and the id of the segment. */
function sharedMemorySegment(data: string): string | null {
  const path = join(data, 'postmaster.pid');
  const line = existsSync(path) ? readFileSync(path, 'utf8').split('\n')[6] : undefined;
  return line?.trim().split(/\s+/)[1] ?? null;
}
