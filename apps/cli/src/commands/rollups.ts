import { RollupRebuild } from '@app/analytics';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { withNumbers } from '../installation.js';

/** Numbers for administrators. */
export function addRollups(cli: Cli, program: Command): void {
  const rollups = cli.group(program, 'rollups', 'the numbers that administrators see');
  cli.leaf(
    rollups,
    {
      usage: 'rebuild',
      summary: 'count the event log anew, and show the new numbers when all of it is counted',
      examples: ['rollups rebuild'],
    },
    (command) => command,
    () =>
      withNumbers(async (parts) => {
        await parts.get(RollupRebuild, { strict: false }).run();
        return {
          text: 'The event log is counted anew, and the new numbers are shown.',
          json: { rebuilt: true },
        };
      }),
  );
}
