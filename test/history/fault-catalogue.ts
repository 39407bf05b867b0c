import type { FaultProxy } from '@app/testing';
import type { Cluster } from './cluster.js';
import type { Fault } from './faults.js';
import { redisFaults } from './redis-faults.js';
import type { SeededRandom } from './seeded-random.js';

type Make = () => Fault;

/** Every fault there is, as makers: a maker decides its details by the random numbers when it is called. */
export function faultCatalogue(cluster: Cluster, random: SeededRandom): Make[] {
  return [
    ...serverFaults(cluster, random),
    ...['redis' as const, 'postgres' as const].flatMap((store) => linkFaults(cluster, random, store)),
    ...instanceFaults(cluster, random),
  ];
}

function serverFaults(cluster: Cluster, random: SeededRandom): Make[] {
  const instances = everybody(cluster);
  const ofRedis = Object.entries(redisFaults(cluster, random)).map(
    ([name, make]) =>
      () =>
        ({ name, resource: 'redis', what: 'redis', instances, ...make() }) as const,
  );
  const ofPostgres = { resource: 'postgres', what: 'postgres', instances } as const;
  const { postgres } = cluster;
  return [
    ...ofRedis,
    () => ({
      ...ofPostgres,
      name: 'postgres killed',
      inject: async () => void (await postgres.kill9()),
      heal: () => postgres.restart(),
    }),
    () => ({
      ...ofPostgres,
      name: 'postgres frozen',
      inject: () => postgres.freeze(),
      heal: async () => postgres.thaw(),
    }),
  ];
}

/** Cuts of one instance, or of all, from one store. */
function linkFaults(cluster: Cluster, random: SeededRandom, store: 'redis' | 'postgres'): Make[] {
  const link = (index: number): FaultProxy => {
    const member = cluster.member(index);
    return store === 'redis' ? member.toRedis : member.toPostgres;
  };
  const one = (name: string, inject: (proxy: FaultProxy) => Promise<void>) => (): Fault => {
    const index = random.below(cluster.members.length);
    return {
      name: `${store} ${name} for one`,
      resource: `${store}:${index}`,
      what: store,
      instances: [index],
      inject: () => inject(link(index)),
      heal: () => link(index).set({ kind: 'pass' }),
    };
  };
  const all = everybody(cluster).map(link);
  return [
    one('silent', (proxy) => proxy.set({ kind: 'hold' })),
    one('silent', (proxy) => proxy.set({ kind: 'hold' })),
    one('mute', (proxy) => proxy.set({ kind: 'hold', direction: 'downstream' })),
    one('deaf', (proxy) => proxy.set({ kind: 'hold', direction: 'upstream' })),
    one('refused', (proxy) => proxy.set({ kind: 'refuse' })),
    () => ({
      name: `${store} silent for all`,
      resource: store,
      what: store,
      instances: everybody(cluster),
      inject: async () => void (await Promise.all(all.map((proxy) => proxy.set({ kind: 'hold' })))),
      heal: async () => void (await Promise.all(all.map((proxy) => proxy.set({ kind: 'pass' })))),
    }),
  ];
}

function instanceFaults(cluster: Cluster, random: SeededRandom): Make[] {
  const one = (name: string, steps: (index: number) => Pick<Fault, 'inject' | 'heal'>) => (): Fault => {
    const index = random.below(cluster.members.length);
    const common = { resource: `instance:${index}`, what: 'process', instances: [index] } as const;
    return { name, ...common, ...steps(index) };
  };
  const killed = one('instance killed', (index) => ({
    inject: () => cluster.member(index).kill9(),
    heal: () => cluster.member(index).restart(),
  }));
  const frozen = one('instance frozen', (index) => ({
    inject: () => cluster.member(index).freeze(),
    heal: async () => cluster.member(index).thaw(),
  }));
  // Each twice: they are two of many, and the promise is about them above all.
  return [killed, killed, frozen, frozen];
}

function everybody({ members }: Cluster): number[] {
  return members.map(({ index }) => index);
}
