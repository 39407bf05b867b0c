import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually, freePort } from '@app/testing';
import { connect } from 'node:net';

/** A real nginx in front of a port of this machine, as its documentation configures a proxy. */
export class Nginx {
  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly child: ReturnType<typeof execFile>,
  ) {}

  static async before(port: number): Promise<Nginx> {
    const own = await freePort();
    return Nginx.start(own, plainProxy(own, port));
  }

  /** Listens on a port, with these servers inside `http { }`. */
  static async start(own: number, servers: string): Promise<Nginx> {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-nginx-'));
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, configuration(folder, servers));
    const child = execFile(findNginx(), ['-p', folder, '-c', config, '-e', join(folder, 'error.log')]);
    await eventually(() => accepts(own), { describe: 'nginx listens', timeoutMs: 10_000 });
    return new Nginx(own, folder, child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function configuration(folder: string, servers: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `daemon off; master_process off; worker_processes 1; pid ${join(folder, 'pid')};
events { worker_connections 256; }
http {
  access_log off; ${paths.join(' ')}
  ${servers}
}`;
}

function plainProxy(own: number, target: number): string {
  return `server {
    listen 127.0.0.1:${own};
    location / {
      proxy_pass http://127.0.0.1:${target};
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    }
  }`;
}

/** As redis-server: from the machine, or from apt under root. */
function findNginx(): string {
  return installed() ?? install() ?? refuse();
}

function installed(): string | null {
  return onPath('nginx');
}

function onPath(program: string): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path)) ?? null;
}

function install(): string | null {
  const aptGet = onPath('apt-get');
  if (process.getuid?.() !== 0 || !aptGet) return null;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync(aptGet, ['update'], { env, stdio: 'ignore' });
  spawnSync(aptGet, ['install', '-y', '--no-install-recommends', 'nginx-light'], { env, stdio: 'ignore' });
  return installed();
}

function refuse(): never {
  throw new Error('This test needs nginx: install it with apt-get install nginx or brew install nginx.');
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
