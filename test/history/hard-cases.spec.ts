import { type Stores, startStores, stopStores } from './cluster.js';
import { describeViolations } from './evidence.js';
import { demotedUnderTheReader } from './hard-cases.js';
import { play, Stage } from './stage.js';

describe('the build', () => {
  let stores: Stores;
  let stage: Stage;

  beforeAll(async () => {
    stores = await startStores();
    stage = await Stage.open(stores);
  }, 120_000);

  afterAll(async () => {
    await stage.close();
    await stopStores(stores);
  });

  // `run_id` and epoch say the same of a server before and after it has taken another one's data.
  it('survives the demotion of the primary under a reader without Postgres', async () => {
    await play(stage, demotedUnderTheReader);
    expect(describeViolations(await stage.verdict(), stage.recorder.history())).toBe('');
  }, 60_000);
});
