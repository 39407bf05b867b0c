import { type Stores, startStores, stopStores } from './cluster.js';
import { describeViolations } from './evidence.js';
import { type Mutant, mutants } from './mutants.js';
import { withPatchedBuild } from './patched-build.js';
import { attempts, onStage, play, Stage } from './stage.js';

let stores: Stores;

beforeAll(async () => {
  stores = await startStores();
}, 60_000);

afterAll(async () => {
  await stopStores(stores);
});

describe('the build', () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open(stores, { instances: 3 });
  }, 60_000);

  afterEach(() => stage.reset(), 60_000);

  afterAll(() => stage.close());

  it.each([...new Set(mutants.map(({ scenario }) => scenario))].map((one) => [one.name, one] as const))(
    'survives %s',
    async (_, scenario) => {
      await play(stage, scenario);
      expect(describeViolations(await stage.verdict(), stage.recorder.history())).toBe('');
    },
    60_000,
  );
});

describe('a build with one rule removed is caught', () => {
  it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    (name, mutant) =>
      withPatchedBuild(name, mutant, (main) => {
        const mains = Array.from({ length: mutant.instances ?? 2 }, () => main);
        return onStage(stores, { mains }, (stage) => expectCaught(stage, mutant));
      }),
    120_000,
  );
});

async function expectCaught(stage: Stage, { scenario, caughtBy }: Mutant): Promise<void> {
  const rules = new Set<string>();
  for (let attempt = 1; attempt <= attempts && !rules.has(caughtBy); attempt += 1) {
    if (attempt > 1) await stage.reset();
    await play(stage, scenario);
    for (const { rule } of await stage.verdict()) rules.add(rule);
  }
  expect([...rules]).toContain(caughtBy);
}
