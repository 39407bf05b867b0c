import { get } from 'node:http';
import { freePort } from './free-port.js';
import { repositoryRoot } from './repository-root.js';
import { type Exit, ServerProcess } from './server-process.js';
import { ServerHome } from './server-home.js';

export interface InstanceOptions {
  /** Nothing else is inherited but PATH, HOME and TZ. PORT is set from `port`. */
  readonly env: Readonly<Record<string, string>>;
  readonly port?: number;
  /** The program, relative to the repository; the built API unless told. */
  readonly main?: string;
  /** Milliseconds that it may take to start; 60,000 unless told. */
  readonly bootTimeoutMs?: number;
}

export interface InstanceExit extends Exit {
  /** Milliseconds from the signal to the end. */
  readonly ms: number;
}

const builtApi = 'dist/bin/api.js';

/** Milliseconds. */
const bootTimeout = 60_000;
const stopPatience = 15_000;
const healthTimeout = 1_000;

/**
 * One API instance as a process of its own, run from the build. Its working folder is the repository, so without
 * DATABASE_URL it takes the embedded database of a developer there; give DATA_DIR to keep away from it.
 */
export class ApiInstance {
  readonly baseUrl: string;

  private constructor(
    private readonly home: ServerHome,
    private readonly server: ServerProcess,
    readonly port: number,
  ) {
    this.baseUrl = `http://127.0.0.1:${port}`;
    void server.exited.then(() => home.release());
  }

  /** Resolves when it is `ready`, and rejects as that does. */
  static async start(options: InstanceOptions): Promise<ApiInstance> {
    const instance = await ApiInstance.launch(options);
    await instance.ready(options.bootTimeoutMs);
    return instance;
  }

  /** Resolves as soon as the process exists. */
  static async launch({ env, port, main = builtApi }: InstanceOptions): Promise<ApiInstance> {
    const ownPort = port ?? (await freePort());
    const { PATH, HOME, TZ } = process.env;
    const inherited = Object.entries({ PATH, HOME, TZ }).filter(([, value]) => value !== undefined);
    const home = new ServerHome('api');
    const server = new ServerProcess(home, {
      command: process.execPath,
      args: [main],
      cwd: repositoryRoot,
      env: { ...Object.fromEntries(inherited), ...env, PORT: String(ownPort) },
    });
    return new ApiInstance(home, server, ownPort);
  }

  /**
   * Resolves when `GET /health` answers 200. Rejects with the captured output when the process exits first or
   * does not answer so within 60 s, several times what a first embedded start needs on a busy machine.
   */
  async ready(timeoutMs = bootTimeout): Promise<void> {
    await this.server.ready(async () => (await statusOf(`${this.baseUrl}/health`)) === 200, timeoutMs);
  }

  get pid(): number {
    return this.server.pid;
  }

  get isRunning(): boolean {
    return this.server.isRunning;
  }

  /** Standard output and error so far; the last 1 to 2 million characters. */
  get output(): string {
    return this.server.output;
  }

  /** Settles when the process has ended, whoever ended it; never rejects. */
  get exited(): Promise<Exit> {
    return this.server.exited;
  }

  signal(name: NodeJS.Signals): void {
    this.server.signal(name);
  }

  kill9(): Promise<Exit> {
    return this.server.kill9();
  }

  freeze(): Promise<void> {
    return this.server.freeze();
  }

  thaw(): void {
    this.server.thaw();
  }

  /** SIGTERM. An instance that has not ended after 15 s is killed, which shows as `signal: 'SIGKILL'`. */
  stop(): Promise<InstanceExit> {
    return this.server.end('SIGTERM', stopPatience);
  }
}

/** Null when nothing answers. A connection of its own each time, so none is left open to delay a shutdown. */
function statusOf(url: string): Promise<number | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: healthTimeout }, (response) => {
      response.resume();
      resolve(response.statusCode ?? null);
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(null));
  });
}
