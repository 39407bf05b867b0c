import { eventually, type PostgresProcess } from '@app/testing';
import { sequence } from './support/asking.js';
import { Instance } from './support/instance.js';
import { Ledger } from './support/ledger.js';
import { startPostgres } from './support/stores.js';

const callers = 6;

let postgres: PostgresProcess;

beforeAll(async () => {
  // With its disk writes in place, unlike the other tests: here the server is killed as well.
  postgres = await startPostgres();
});

/** Resolves after some more changes were acknowledged, while others are under way. */
async function someWork(ledger: Ledger, changes: number): Promise<void> {
  const goal = ledger.acknowledged + changes;
  await eventually(() => ledger.acknowledged >= goal, {
    timeoutMs: 20_000,
    describe: `${changes} more changes are acknowledged`,
  });
}

/** Of instances: kills.spec.ts. */
describe('kill -9 in the middle of registering, signing in and ending sessions', () => {
  it('of PostgreSQL, 8 times, loses nothing acknowledged, and the API lives on', async () => {
    const random = sequence(8);
    const ledger = new Ledger(random);
    const instance = await Instance.onServers(postgres.url);
    for (let kill = 1; kill <= 8; kill += 1) {
      const work = ledger.work(instance.api, callers);
      await someWork(ledger, 1 + Math.floor(random() * 25));
      await postgres.kill9();
      ledger.rest();
      await work;

      await postgres.restart();
      await eventually(async () => (await instance.api.ready()).status === 200, {
        describe: 'the instance is ready again',
        timeoutMs: 10_000,
      });
      expect({ kill, wrong: await ledger.contradictions(instance.api) }).toEqual({ kill, wrong: [] });
      expect({ kill, unknown: await ledger.signInNewest(instance.api, 3) }).toEqual({ kill, unknown: [] });
    }
    expect(instance.process.isRunning).toBe(true);
  }, 120_000);
});
