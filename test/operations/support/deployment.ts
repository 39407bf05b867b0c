import { readFileSync } from 'node:fs';
import {
  ApiInstance,
  freePort,
  NginxProcess,
  type PostgresProcess,
  PrometheusProcess,
  type RedisProcess,
} from '@app/testing';
import { secretKey } from '../../faults/support/instance.js';
import { own } from '../../faults/support/own.js';
import { notDurable, startPostgres, startRedis } from '../../faults/support/stores.js';

interface Member {
  readonly name: 'api-1' | 'api-2' | 'worker';
  readonly port: number;
  readonly metricsPort: number;
}

/** What the containers of deploy/ would be, as processes of this machine: everything but names, ports and folders is theirs. */
export class Deployment {
  readonly running = new Map<Member['name'], ApiInstance>();
  nginx!: NginxProcess;

  private constructor(
    readonly postgres: PostgresProcess,
    readonly redis: RedisProcess,
    private readonly members: readonly Member[],
  ) {}

  /** Both instances behind nginx, on their stores; the worker is started by `startMember`. */
  static async start(): Promise<Deployment> {
    const [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
    const members: Member[] = [];
    for (const name of ['api-1', 'api-2', 'worker'] as const)
      members.push({ name, port: await freePort(), metricsPort: await freePort() });
    const deployment = new Deployment(postgres, redis, members);
    await deployment.startMember('api-1');
    await deployment.startMember('api-2');
    const port = await freePort();
    deployment.nginx = await NginxProcess.start(port, (folder) => deployment.nginxConfig(folder, port));
    own(() => deployment.nginx.stop());
    return deployment;
  }

  get url(): string {
    return `http://127.0.0.1:${this.nginx.port}`;
  }

  async startMember(name: Member['name']): Promise<ApiInstance> {
    const { port, metricsPort } = this.member(name);
    const instance = await ApiInstance.start({
      port,
      main: name === 'worker' ? 'dist/bin/worker.js' : undefined,
      env: {
        DATABASE_URL: this.postgres.url,
        REDIS_URL: this.redis.url,
        SECRET_KEY: secretKey,
        INSTANCE_ID: name,
        TRUST_PROXY: '1',
        JOBS_ENABLED: 'false',
        METRICS_PORT: String(metricsPort),
        RATE_LIMIT_GLOBAL: '1000000/60',
        RATE_LIMIT_AUTH: '1000000/60',
        RATE_LIMIT_USER: '10000/1/10000',
      },
    });
    own(() => instance.kill9());
    this.running.set(name, instance);
    return instance;
  }

  /** With everything a hundred times as quick. */
  async startPrometheus(): Promise<PrometheusProcess> {
    const quick = (text: string): string =>
      text.replaceAll(/\b15s\b/g, '200ms').replaceAll(/for: \w+/g, 'for: 1s');
    const config = this.members.reduce(
      (text, { name, metricsPort }) => text.replace(`${name}:9464`, `127.0.0.1:${metricsPort}`),
      deployed('prometheus/prometheus.yml'),
    );
    const prometheus = await PrometheusProcess.start({
      'prometheus.yml': quick(config),
      'rules.yml': quick(deployed('prometheus/rules.yml')),
    });
    own(() => prometheus.stop());
    return prometheus;
  }

  private nginxConfig(folder: string, port: number): string {
    return this.members
      .reduce(
        (text, member) => text.replace(`${member.name}:3000`, `127.0.0.1:${member.port}`),
        deployed('nginx/nginx.conf'),
      )
      .replace('listen 8080', `listen 127.0.0.1:${port}`)
      .replaceAll('/tmp/', `${folder}/`);
  }

  private member(name: Member['name']): Member {
    return this.members.find((member) => member.name === name)!;
  }
}

function deployed(file: string): string {
  return readFileSync(`deploy/${file}`, 'utf8');
}
