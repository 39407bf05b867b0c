import type { Violation } from './checks.js';
import { lostWhileEntering, repeatedElsewhere } from './hard-cases.js';
import type { Patch } from './patched-build.js';
import {
  bothStoresAway,
  catchingUpWhileAsked,
  deathAtTheAnswer,
  lateFill,
  lateFillAfterFlush,
  oldFileOfRedis,
  overtakenCommit,
  type Scenario,
  shownAndNotConfirmed,
  twoPrimaries,
  uninformedReader,
} from './scenarios.js';

/** The build without one of its rules, and the play in which this must show. */
export interface Mutant extends Patch {
  readonly name: string;
  readonly scenario: Scenario;
  /** The check that notices. */
  readonly caughtBy: Violation['rule'];
  /** Two unless the play needs more. */
  readonly instances?: number;
}

const coherence = 'libs/sessions/src/application/coherence';
const auth = 'libs/auth/src/application';

export const mutants: readonly Mutant[] = [
  {
    name: 'no barrier',
    file: `${coherence}/revocation-broadcast.js`,
    find: '(await this.barrier.isPassed(transaction, tombstones))',
    replace: '(tombstones, true)',
    scenario: uninformedReader,
    caughtBy: 'S1',
  },
  {
    name: 'no feed lease',
    file: `${coherence}/revocation-feed.js`,
    find: 'return this.ageMs <= feedTiming.lease;',
    replace: 'return true;',
    scenario: oldFileOfRedis,
    caughtBy: 'S1',
  },
  {
    name: 'no late look at the map',
    file: `${auth}/session-cache-reader.js`,
    find: 'judge(entry, claims) {\n        const objection = this.feed.map.objectionTo(entry, claims.tokenId);',
    replace: 'judge(entry, claims) {\n        const objection = null;',
    scenario: catchingUpWhileAsked,
    caughtBy: 'S1',
  },
  {
    name: 'no fence of the data',
    file: `${auth}/session-cache-reader.js`,
    find: 'if (!isSameData(this.feed.verifiedRedis, lookup.place))\n            return null;',
    replace: '',
    scenario: oldFileOfRedis,
    caughtBy: 'S1',
  },
  {
    name: 'no match of the data',
    file: `${coherence}/revocation-barrier.js`,
    find: 'if (!place || !isSameData(one.redis, place))',
    replace: 'if (!place)',
    scenario: twoPrimaries,
    caughtBy: 'S1',
  },
  {
    name: 'no epoch',
    file: 'libs/sessions/src/infrastructure/redis/redis-entry-store.js',
    find: "return this.random.bytes(8).toString('base64url');",
    replace: "return 'always the same';",
    scenario: lateFillAfterFlush,
    caughtBy: 'S1',
  },
  {
    name: 'no tombstones',
    file: 'libs/sessions/src/infrastructure/redis/scripts.generated.js',
    find: "  redis.call('SET', KEYS[3 + index * 2], ARGV[4 + index], 'PX', ARGV[1])\n",
    replace: '',
    scenario: lateFill,
    caughtBy: 'S1',
  },
  {
    name: 'answer before the commit',
    file: 'libs/postgres/src/drivers/server-driver.js',
    find: "await client.query('commit');",
    replace: "client.query('commit').catch(() => undefined);",
    scenario: deathAtTheAnswer,
    caughtBy: 'S5',
  },
  {
    name: 'publish before apply',
    file: `${coherence}/revocation-feed.js`,
    find: 'this.apply(poll, began);\n            const again = !(await this.publish(poll, began));',
    replace: 'const again = !(await this.publish(poll, began));\n            this.apply(poll, began);',
    scenario: shownAndNotConfirmed,
    caughtBy: 'S1',
  },
  {
    name: 'position after the newest transaction instead of before the oldest running one',
    file: 'libs/event-log/src/infrastructure/postgres/postgres-log-source.js',
    find: 'pg_snapshot_xmin(snapshot)::text as position',
    replace: 'pg_snapshot_xmax(snapshot)::text as position',
    scenario: overtakenCommit,
    caughtBy: 'S1',
  },
  {
    name: '401 when no store answers',
    file: `${auth}/session-check.js`,
    find: 'if (!verdict)\n                throw error;',
    replace: 'if (!verdict)\n                throw refusalOf(null);',
    scenario: bothStoresAway,
    caughtBy: 'LV1',
  },
  {
    name: 'a repeated end of the others buries nothing',
    file: 'libs/sessions/src/application/session-authority.js',
    find: 'const burial = { userId: actor.userId, sessions, generation: null, tokens: [] };',
    replace: 'const burial = { userId: actor.userId, sessions: [], generation: null, tokens: [] };',
    scenario: repeatedElsewhere,
    caughtBy: 'S1',
    instances: 3,
  },
  {
    name: 'entering the registry forgets the verified data',
    file: 'libs/sessions/src/infrastructure/postgres/postgres-instance-registry.js',
    find: 'set: { snapshot: null, fenced: false,',
    replace: 'set: { snapshot: null, redis: null, fenced: false,',
    scenario: lostWhileEntering,
    caughtBy: 'S1',
  },
];
