import { type Stores, startStores, stopStores } from './cluster.js';
import { describeViolations } from './evidence.js';
import { failpoints } from './failpoints.js';
import { patchedBuild } from './patched-build.js';
import { Stage } from './stage.js';

describe('nothing answered is lost and nothing revived when a process dies', () => {
  let stores: Stores;

  beforeAll(async () => {
    stores = await startStores();
  }, 60_000);

  afterAll(async () => {
    await stopStores(stores);
  });

  it.each(failpoints.map((failpoint) => [failpoint.name, failpoint] as const))(
    '%s',
    async (name, { instance, scenario, ...patch }) => {
      const build = patchedBuild(name, patch);
      const stage = await Stage.open(stores, {
        mains: [0, 1].map((index) => (index === instance ? build.main : undefined)),
      });
      try {
        await scenario(stage);
        expect(describeViolations(await stage.verdict(), stage.recorder.history())).toBe('');
      } finally {
        await stage.close();
        build.remove();
      }
    },
    120_000,
  );
});
