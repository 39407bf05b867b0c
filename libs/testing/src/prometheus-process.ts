import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from './find-program.js';
import { freePort } from './free-port.js';
import { ServerHome } from './server-home.js';
import { ServerProcess } from './server-process.js';

/** Milliseconds. */
const stopPatience = 10_000;

export interface PrometheusTarget {
  readonly scrapePool: string;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

export interface PrometheusAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

/** A private Prometheus on 127.0.0.1. */
export class PrometheusProcess {
  private constructor(
    private readonly home: ServerHome,
    private readonly server: ServerProcess,
    private readonly url: string,
  ) {}

  /** `files` by name; `prometheus.yml` is its configuration. Rejects with its output when it does not want that. */
  static async start(files: Readonly<Record<string, string>>): Promise<PrometheusProcess> {
    const home = new ServerHome('prometheus');
    for (const [name, text] of Object.entries(files)) writeFileSync(join(home.folder, name), text);
    const url = `http://127.0.0.1:${await freePort()}`;
    const server = new ServerProcess(home, {
      command: findProgram('prometheus', 'prometheus'),
      args: [
        `--config.file=${join(home.folder, 'prometheus.yml')}`,
        `--storage.tsdb.path=${join(home.folder, 'data')}`,
        `--web.listen-address=${new URL(url).host}`,
      ],
      cwd: home.folder,
    });
    await server.ready(async () => (await fetch(`${url}/-/ready`)).ok);
    return new PrometheusProcess(home, server, url);
  }

  async targets(): Promise<PrometheusTarget[]> {
    const { activeTargets } = await this.ask<{ activeTargets: PrometheusTarget[] }>('targets');
    return activeTargets;
  }

  async alerts(): Promise<PrometheusAlert[]> {
    return (await this.ask<{ alerts: PrometheusAlert[] }>('alerts')).alerts;
  }

  async stop(): Promise<void> {
    await this.server.end('SIGTERM', stopPatience);
    this.home.release();
  }

  private async ask<T>(what: string): Promise<T> {
    const reply = await fetch(`${this.url}/api/v1/${what}`);
    return ((await reply.json()) as { data: T }).data;
  }
}
