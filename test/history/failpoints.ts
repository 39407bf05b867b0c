import { eventually } from '@app/testing';
import type { Patch } from './patched-build.js';
import type { Scenario } from './scenarios.js';
import type { Stage } from './stage.js';

const dies = `process.kill(process.pid, 'SIGKILL');`;

/** A build in which the process kills itself at one place, and the play in which it gets there. */
export interface Failpoint extends Patch {
  readonly name: string;
  /** The instance with this build. */
  readonly instance: number;
  readonly scenario: Scenario;
}

const broadcast = 'libs/sessions/src/application/coherence/revocation-broadcast.js';

export const failpoints: readonly Failpoint[] = [
  {
    name: 'after the commit, before the tombstone',
    file: broadcast,
    find: 'const tombstones = Promise.all(burials.map((burial) => this.announce(burial)));',
    replace: `${dies} const tombstones = Promise.all(burials.map((burial) => this.announce(burial)));`,
    instance: 0,
    scenario: dyingRevoker,
  },
  {
    name: 'before the barrier',
    file: broadcast,
    find: 'return (await this.barrier.isPassed(transaction, tombstones))',
    replace: `${dies} return (await this.barrier.isPassed(transaction, tombstones))`,
    instance: 0,
    scenario: dyingRevoker,
  },
  {
    name: 'before the fill',
    file: 'libs/auth/src/application/session-database-reader.js',
    find: 'this.entries.fill(entry, epoch)',
    replace: `(() => { ${dies} })(), this.entries.fill(entry, epoch)`,
    instance: 1,
    scenario: dyingReader,
  },
];

/** Nobody was told anything, so nothing may be lost; and what Postgres has must hold everywhere at once. */
async function dyingRevoker(stage: Stage): Promise<void> {
  const bystander = await stage.newcomer();
  const session = await stage.cached(await stage.another(bystander));
  const { status } = await stage.signOut(session);
  if (status !== null) throw new Error(`the revoker lived and answered ${status}`);
  await stage.revoker.exited;
  await stage.revoker.restart();
  await expectAnswers(stage, session, 401);
  await expectAnswers(stage, bystander, 200);
}

async function dyingReader(stage: Stage): Promise<void> {
  const session = await stage.newcomer();
  const { status } = await stage.validate(session);
  if (status !== null) throw new Error(`the reader lived and answered ${status}`);
  await stage.reader.exited;
  await stage.reader.restart();
  await expectAnswers(stage, session, 200);
  await stage.provenSignOut(session);
  await expectAnswers(stage, session, 401);
}

/** From both instances, within the time of a poll; what they answer after that is for the checks. */
async function expectAnswers(
  stage: Stage,
  session: Parameters<Stage['validate']>[0],
  expected: number,
): Promise<void> {
  for (const instance of [0, 1]) {
    await eventually(async () => (await stage.validate(session, instance)).status === expected, {
      timeoutMs: 3_000,
      describe: `instance ${instance} answers ${expected}`,
    });
    await stage.validate(session, instance);
  }
}
