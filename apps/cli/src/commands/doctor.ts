import { type Config, loadConfig } from '@app/config';
import { type Diagnosis, diagnosis, Doctor, DoctorModule, weakSettings } from '@app/doctor';
import { DatabaseUnreachableError, type OpenDatabase } from '@app/postgres';
import { RedisConnection, RedisModule } from '@app/redis';
import { SessionsModule } from '@app/sessions';
import { TokensModule } from '@app/tokens';
import type { Command } from 'commander';
import type { Cli, Outcome } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { isReachable, withDatabase, withModules } from '../installation.js';
import { printable } from '../output.js';
import { Stages } from '../terminal.js';

export function addDoctor(cli: Cli, program: Command): void {
  cli.leaf<{ readonly repair?: true }>(
    program,
    {
      usage: 'doctor',
      summary:
        'look for what is wrong with settings, stores, cache, keys, instances and jobs; ends with 1 if there is an error ' +
        'or a warning left',
      examples: ['doctor', 'doctor --repair', 'doctor --json'],
    },
    (command) =>
      command.option('--repair', 'leave missing marks in Redis and remove entries that should not be there'),
    async ({ repair = false }) => {
      const config = loadConfig();
      return told([
        ...weakSettings(config).map((id) => diagnosis([id, 'by the settings'])),
        ...(await examined(cli, config, repair)),
      ]);
    },
  );
}

async function examined(cli: Cli, config: Config, repair: boolean): Promise<Diagnosis[]> {
  try {
    return await withDatabase(config, { schema: 'any' }, (open) => onDatabase(cli, { config, open }, repair));
  } catch (error) {
    if (!(error instanceof DatabaseUnreachableError)) throw error;
    return [diagnosis(['postgres.unreachable', error.message])];
  }
}

async function onDatabase(
  cli: Cli,
  on: { config: Config; open: OpenDatabase },
  repair: boolean,
): Promise<Diagnosis[]> {
  const { pending, isNewer } = await on.open.database.schemaState();
  // Tables may lack what would be asked for.
  if (isNewer) return [diagnosis(['schema.newer', 'nothing else was examined'])];
  if (pending.length > 0) return [diagnosis(['schema.older', pending.join(', ')])];
  const { redis, sessions, tokens } = on.config;
  const parts = [SessionsModule.forAdministration(sessions), TokensModule.forAdministration(tokens)];
  return withModules(on, [RedisModule.forRoot(redis), DoctorModule.forRoot(parts)], async (context) => {
    await isReachable(context.get(RedisConnection, { strict: false }));
    const stages = new Stages(cli.terminal);
    const onProgress = (label: string, done: number): void => stages.show(`examined ${label}`, done);
    const examination = context.get(Doctor, { strict: false }).examine(on.config, { repair, onProgress });
    return examination.finally(() => stages.end());
  });
}

function told(found: readonly Diagnosis[]): Outcome {
  const isLeft = found.some((one) => one.severity !== 'note' && one.repaired === null);
  const text = found.length === 0 ? 'Nothing was found.' : found.map(paragraph).join('\n\n');
  const findings = found.map(({ isRepairable = false, ...one }) => ({
    id: one.id,
    severity: one.severity,
    detail: one.detail,
    means: one.means,
    to_do: one.todo,
    repairable: isRepairable,
    repaired: one.repaired,
  }));
  return { text, json: { findings }, exitCode: isLeft ? exitCodes.failed : exitCodes.done };
}

function paragraph({ severity, id, detail, means, todo, repaired }: Diagnosis): string {
  const after = repaired === null ? `  to do: ${todo}` : `  repaired: ${repaired}`;
  return `${severity.toUpperCase()} ${id}: ${printable(detail)}\n  ${means}\n${after}`;
}
