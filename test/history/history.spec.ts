import { setTimeout as sleep } from 'node:timers/promises';
import { Audit } from './audit.js';
import { Caller, type Signed } from './caller.js';
import { Cluster, startStores, stopStores } from './cluster.js';
import type { Counters } from './counters.js';
import { describeViolations, save } from './evidence.js';
import { faultCatalogue } from './fault-catalogue.js';
import { judge } from './judgement.js';
import { Nemesis } from './nemesis.js';
import { Recorder } from './recorder.js';
import { SeededRandom } from './seeded-random.js';
import { StallWatch } from './stall-watch.js';
import { Stalkers } from './stalkers.js';
import { Workload } from './workload.js';

/** Seconds of load; at least this, and at most `longest` when the counts are not reached yet. */
const seconds = Number(process.env.HISTORY_SECONDS ?? 45);
const longest = Math.max(seconds, 420);
const seed = Number(process.env.HISTORY_SEED ?? 20_260_701);

/** Below these a run without violations would prove little. */
const enough = { revocations: 1_500, validationsWithin50ms: 10_000 };

/** Share of checks of valid sessions that may get 503 although Postgres was there: an instance starved of time. */
const tolerableStrays = 0.002;

const instances = 3;
const load = { users: 20, workers: 40, instances, think: 20, watched: 120 };

describe('three instances under random faults', () => {
  it(
    'accept no session after its revocation was answered 200, and refuse no valid one',
    async () => {
      const run = await execute();
      const { violations, counters } = run.judgement;
      const report = { seed, seconds: Math.round(run.elapsed / 1_000), ...counters };
      process.stdout.write(`${JSON.stringify(report)}\n`);
      const isBroken = violations.length > 0 || !isConvincing(counters);
      const folder = isBroken || process.env.HISTORY_KEEP ? save({ seed, ...run, ...run.judgement }) : '';
      if (folder)
        process.stdout.write(`the whole run is in ${folder}; repeat it with HISTORY_SEED=${seed}\n`);
      expect(describeViolations(violations, run.history)).toBe('');
      expect(counters.revocations.complete).toBeGreaterThanOrEqual(enough.revocations);
      expect(sum(counters.within50ms)).toBeGreaterThanOrEqual(enough.validationsWithin50ms);
      expect(counters.valid.stray).toBeLessThanOrEqual(counters.valid.asked * tolerableStrays);
      expect(run.isThrough).toBe(true);
    },
    (longest + 120) * 1_000,
  );
});

async function execute() {
  const stores = await startStores();
  const cluster = await Cluster.start({ instances, withReplica: true }, stores);
  try {
    const recorder = new Recorder();
    const sessions: Signed[] = [];
    const caller = new Caller(cluster, recorder, (signed) => sessions.push(signed));
    const random = new SeededRandom(seed);
    const stalkers = new Stalkers(caller, instances);
    const workload = new Workload(load, caller, stalkers, new SeededRandom(random.below(2 ** 32)));
    const nemesis = new Nemesis(faultCatalogue(cluster, random), recorder, random);
    const stalls = new StallWatch(recorder, instances);
    await workload.prepare();

    stalls.start();
    const began = recorder.now();
    const working = workload.run();
    // Whatever the nemesis fails at ends the run, not only itself.
    const breaking = nemesis.run().finally(() => workload.stop());
    const time = (): number => (recorder.now() - began) / 1_000;
    // Judging takes half a second, in which no link would pass anything on.
    const isDone = (): boolean =>
      nemesis.isThrough &&
      workload.proven >= enough.revocations &&
      stalkers.within50ms >= enough.validationsWithin50ms * 1.02;
    while (time() < seconds || (time() < longest && !isDone())) {
      await Promise.race([sleep(1_000), breaking]);
    }
    nemesis.stop();
    await breaking;
    await cluster.heal();
    const elapsed = recorder.now() - began;
    workload.stop();
    const audit = new Audit(cluster.postgres.url, caller, instances);
    const [audited] = await Promise.all([audit.run(recorder.operations, sessions.slice(-600)), working]);
    stalls.stop();
    const history = recorder.history();
    return {
      history,
      elapsed,
      schedule: nemesis.schedule,
      isThrough: nemesis.isThrough,
      judgement: judge(history, instances, audited),
      outputs: cluster.members.map(({ output }) => output),
    };
  } finally {
    await cluster.stop();
    await stopStores(stores);
  }
}

function isConvincing({ revocations, within50ms, valid }: Counters): boolean {
  return (
    revocations.complete >= enough.revocations &&
    sum(within50ms) >= enough.validationsWithin50ms &&
    valid.stray <= valid.asked * tolerableStrays
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
