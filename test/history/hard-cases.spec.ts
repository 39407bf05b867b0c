import { type Stores, startStores, stopStores } from './cluster.js';
import { describeViolations } from './evidence.js';
import { demotedUnderTheReader, lostWhileEntering, repeatedElsewhere } from './hard-cases.js';
import { play, Stage } from './stage.js';

describe('three instances survive', () => {
  let stores: Stores;
  let stage: Stage;

  beforeAll(async () => {
    stores = await startStores();
    stage = await Stage.open(stores, { instances: 3 });
  }, 90_000);

  afterEach(() => stage.reset(), 60_000);

  afterAll(async () => {
    await stage.close();
    await stopStores(stores);
  });

  it.each(
    [repeatedElsewhere, lostWhileEntering, demotedUnderTheReader].map((one) => [one.name, one] as const),
  )(
    '%s',
    async (_, scenario) => {
      await play(stage, scenario);
      expect(describeViolations(await stage.verdict(), stage.recorder.history())).toBe('');
    },
    60_000,
  );
});
