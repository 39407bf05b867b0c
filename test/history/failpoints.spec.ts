import { type Stores, startStores, stopStores } from './cluster.js';
import { describeViolations } from './evidence.js';
import { failpoints } from './failpoints.js';
import { withPatchedBuild } from './patched-build.js';
import { onStage } from './stage.js';

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
    (name, { instance, scenario, ...patch }) =>
      withPatchedBuild(name, patch, (main) => {
        const mains = [0, 1].map((index) => (index === instance ? main : undefined));
        return onStage(stores, { mains }, async (stage) => {
          await scenario(stage);
          expect(describeViolations(await stage.verdict(), stage.recorder.history())).toBe('');
        });
      }),
    120_000,
  );
});
