import { chmodSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { findProgram } from './find-program.js';
import { ServerHome } from './server-home.js';
import { ServerProcess } from './server-process.js';

/** Milliseconds. */
const stopPatience = 5_000;

/** A private nginx with a whole configuration of its own, which must listen on the given port of 127.0.0.1. */
export class NginxProcess {
  private constructor(
    private readonly home: ServerHome,
    private readonly server: ServerProcess,
    readonly port: number,
  ) {}

  /** `configure` is given a folder for its files. Rejects with nginx's output when it does not want the configuration. */
  static async start(port: number, configure: (folder: string) => string): Promise<NginxProcess> {
    const home = new ServerHome('nginx');
    // Under root its workers are somebody else, who must get through.
    chmodSync(home.folder, 0o755);
    const config = join(home.folder, 'nginx.conf');
    writeFileSync(config, configure(home.folder));
    const server = new ServerProcess(home, {
      command: findProgram('nginx', 'nginx-light'),
      args: ['-p', home.folder, '-c', config, '-e', 'stderr', '-g', 'daemon off;'],
      cwd: home.folder,
    });
    await server.ready(() => accepts(port));
    return new NginxProcess(home, server, port);
  }

  /** What it complained about. */
  get output(): string {
    return this.server.output;
  }

  async stop(): Promise<void> {
    await this.server.end('SIGTERM', stopPatience);
    this.home.release();
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
