import { eventually, type RedisCluster, RedisProcess, startRedisCluster, startSentinel } from '@app/testing';
import { type Device, proofOf } from './support/client.js';
import { Fleet, pause } from './support/fleet.js';
import { Load } from './support/load.js';
import { allEnded, expectMainStory } from './support/story.js';

async function expectNobodyHurt(
  fleet: Fleet,
  { break: hurt, isOver }: { break: () => Promise<unknown>; isOver: () => Promise<unknown> },
): Promise<void> {
  const valid: Device[] = [];
  for (let index = 0; index < 4; index += 1) valid.push(await fleet.warmDevice());
  const [before, during] = [await fleet.warmDevice(), await fleet.warmDevice()];
  expect(proofOf(await fleet.first.api.signOut(before))).toBe('200 complete');
  const load = new Load(fleet.members, { valid, revoked: [before] });
  await hurt();
  await pause(300);
  expect(proofOf(await fleet.second.api.signOut(during))).toBe('200 complete');
  expect(await fleet.answers(during)).toEqual(allEnded(fleet));
  await expectMainStory(fleet, /^200( database)?$/);
  await isOver();
  await fleet.becomesNormal(20_000);
  for (const device of [before, during]) expect(await fleet.answers(device)).toEqual(allEnded(fleet));
  expect(await load.stop()).toMatchObject({ refusals: [], acceptances: [] });
  await expectMainStory(fleet);
}

describe('Redis watched by Sentinel', () => {
  const servers: { stop(): Promise<unknown> }[] = [];

  afterEach(async () => {
    for (const server of servers.splice(0).toReversed()) await server.stop();
  });

  it('serves, fails over and serves again, and nobody is hurt', async () => {
    const primary = await RedisProcess.start();
    servers.push(primary);
    const replica = await RedisProcess.startReplicaOf(primary);
    servers.push(replica);
    const sentinel = await startSentinel({
      masters: [{ name: 'main', port: primary.port, downAfterMs: 300 }],
    });
    servers.push(sentinel);
    await eventually(
      async () => String(await sentinel.command('SENTINEL', 'REPLICAS', 'main')).includes(`${replica.port}`),
      { describe: 'Sentinel knows the replica', timeoutMs: 15_000 },
    );
    const fleet = await Fleet.start({ redis: `redis-sentinel://127.0.0.1:${sentinel.port}/main` });
    servers.push(fleet);
    await expectMainStory(fleet);
    await expectNobodyHurt(fleet, {
      break: () => primary.kill9(),
      isOver: () =>
        eventually(async () => String(await replica.command('ROLE')).startsWith('master'), {
          describe: 'the replica is promoted',
          timeoutMs: 15_000,
        }),
    });
  }, 90_000);
});

describe('a Redis Cluster', () => {
  const servers: { stop(): Promise<unknown> }[] = [];
  let cluster: RedisCluster;
  let fleet: Fleet;

  beforeAll(async () => {
    cluster = await startRedisCluster();
    servers.push(cluster);
    const hosts = cluster.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',');
    fleet = await Fleet.start({ redis: `redis-cluster://${hosts}` });
    servers.push(fleet);
  }, 60_000);
  afterAll(async () => {
    for (const server of servers.splice(0).toReversed()) await server.stop();
  });

  it('holds sessions on every node, each user on one', async () => {
    await expectMainStory(fleet);
    for (let index = 0; index < 12; index += 1) await fleet.warmDevice();
    const sizes = await Promise.all(cluster.nodes.map((node) => node.command('DBSIZE')));
    expect(sizes.every((size) => Number(size) > 0)).toBe(true);
  }, 30_000);

  it('loses a node and gets it back, and nobody is hurt', async () => {
    const [node] = cluster.nodes;
    await expectNobodyHurt(fleet, {
      break: () => node!.kill9(),
      isOver: () => node!.restart(),
    });
  }, 60_000);
});
