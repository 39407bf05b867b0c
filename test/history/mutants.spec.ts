import { type Stores, startStores, stopStores } from './cluster.js';
import { describeViolations } from './evidence.js';
import { mutants } from './mutants.js';
import { patchedBuild } from './patched-build.js';
import { attempts, play, Stage } from './stage.js';

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
    async (name, mutant) => {
      const build = patchedBuild(name, mutant);
      const { instances = 2 } = mutant;
      const mains = Array.from({ length: instances }, () => build.main);
      const stage = await Stage.open(stores, { mains, instances });
      try {
        const rules = new Set<string>();
        for (let attempt = 1; attempt <= attempts && !rules.has(mutant.caughtBy); attempt += 1) {
          if (attempt > 1) await stage.reset();
          await play(stage, mutant.scenario);
          for (const { rule } of await stage.verdict()) rules.add(rule);
        }
        expect([...rules]).toContain(mutant.caughtBy);
      } finally {
        await stage.close();
        build.remove();
      }
    },
    60_000,
  );
});
