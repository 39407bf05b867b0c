import { setTimeout as delay } from 'node:timers/promises';
import { SessionOverview } from '@app/auth';
import type { Act } from '@app/event-log';
import { Clock } from '@app/kernel';
import { BulkEnding, BulkEndRunner, type BulkStanding, type SessionFilter } from '@app/sessions';
import type { INestApplicationContext } from '@nestjs/common';
import type { Cli, Outcome } from '../cli.js';
import { presented, sessionTable } from '../present-sessions.js';
import { propagated } from '../propagation.js';
import { Progress } from '../terminal.js';

/** Milliseconds between two looks at how far it is. */
const pauseMs = 200;

/** Looks after which what is done and still unproven stays so for now: about 6 s. */
const patience = 30;

/** What a bulk end would end now. */
export async function dryRun(parts: INestApplicationContext, filter: SessionFilter): Promise<Outcome> {
  const overview = parts.get(SessionOverview, { strict: false });
  const { count, sample } = await overview.preview({ filter, keep: null });
  const now = parts.get(Clock, { strict: false }).now();
  const some = sample.length === 0 ? '' : `\n\n${sessionTable(sample, now)}`;
  return {
    text: `${count} sessions match. To end them: --expect ${count}${some}`,
    json: { count, sample: sample.map(presented) },
  };
}

/**
 * Gives the order and carries it out here, in turns with running instances; whatever becomes of this process, they
 * finish it.
 */
export async function bulkEnd(
  cli: Cli,
  parts: INestApplicationContext,
  { filter, expected, act }: { filter: SessionFilter; expected: number; act: Act },
): Promise<Outcome> {
  const bulk = parts.get(BulkEnding, { strict: false });
  const runner = parts.get(BulkEndRunner, { strict: false });
  let standing = await bulk.order({ filter, keep: null }, act, expected);
  const { id, matched } = standing.order;
  cli.terminal.err(`order ${id}; running instances carry it on if this command is stopped\n`);
  const progress = new Progress(cli.terminal, 'ending sessions');
  for (let looks = 0; !isOver(standing, looks); looks += Number(standing.order.state === 'done')) {
    const round = runner.run().then(() => true);
    for (let hasEnded = false; !hasEnded;) {
      hasEnded = await Promise.race([round, delay(pauseMs, false)]);
      standing = await bulk.get(id);
      progress.show(standing.order.ended, matched);
    }
    // A round ends at once while another instance is at it.
    if (!isOver(standing, looks)) await delay(pauseMs);
  }
  progress.end();
  const { ended, createdAt, finishedAt } = standing.order;
  return propagated(standing.propagation, {
    text: `${ended} of ${matched} sessions ended; the others were over before their turn came`,
    json: { id, state: standing.order.state, matched, ended, created_at: createdAt, finished_at: finishedAt },
  });
}

function isOver({ order, propagation }: BulkStanding, looks: number): boolean {
  return order.state === 'done' && (propagation === 'complete' || looks >= patience);
}
