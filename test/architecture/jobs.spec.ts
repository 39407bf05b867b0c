import { loadConfig } from '@app/config';
import { RouteTable } from '@app/http';
import type { DynamicModule, ModuleMetadata, Provider } from '@nestjs/common';
import { ApiModule, type ApiParts } from '../../apps/api/src/api.module.js';
import { WorkerModule, type WorkerParts } from '../../apps/worker/src/worker.module.js';

type Imported = NonNullable<ModuleMetadata['imports']>[number];

const environment = {
  NODE_ENV: 'test',
  DATABASE_URL: 'postgres://localhost/rollcall',
  SECRET_KEY: '5f1e9a3c7b2d8046e1f0a9b8c7d6e5f4031221304f5e6d7c8b9aa0b1c2d3e4f5',
  SMTP_URL: 'smtp://localhost',
  MAIL_FROM: 'no-reply@example.com',
};

/** Names of the classes that a module and all that it imports are made of. Nothing is started. */
function partsOf(module: Imported): string[] {
  const { imports, providers, module: own } = ('module' in module ? module : { module }) as DynamicModule;
  const written = <Part>(key: string): Part[] => (Reflect.getMetadata(key, own) as Part[] | undefined) ?? [];
  const tokens = [...(providers ?? []), ...written<Provider>('providers')].map((provider) =>
    'provide' in provider ? provider.provide : provider,
  );
  const names = tokens.flatMap((token) => (typeof token === 'function' ? [token.name] : []));
  return [...names, ...[...(imports ?? []), ...written<Imported>('imports')].flatMap(partsOf)];
}

function partsOfApi(jobs: 'true' | 'false'): string[] {
  const config = loadConfig({ ...environment, JOBS_ENABLED: jobs });
  const parts = { config, routes: new RouteTable(), database: {}, runtime: {} } as ApiParts;
  return partsOf(ApiModule.forRoot(parts));
}

describe('jobs', () => {
  it('are done by a worker, all that an API process leaves alone without them', () => {
    const answering = new Set(partsOfApi('false'));
    const jobs = [...new Set(partsOfApi('true'))].filter((part) => !answering.has(part));
    const parts = { config: loadConfig(environment), database: {} } as WorkerParts;
    const done = new Set(partsOf(WorkerModule.forRoot(parts)));
    expect(jobs).toEqual(expect.arrayContaining(['ExpirySweep', 'AuditRunner', 'RollupRunner']));
    expect(jobs.filter((job) => !done.has(job))).toEqual([]);
  });
});
