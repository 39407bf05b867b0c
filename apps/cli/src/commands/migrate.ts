import { loadConfig } from '@app/config';
import { expectKnownSchema, type OpenDatabase, type SchemaState } from '@app/postgres';
import type { Command } from 'commander';
import type { Cli, Outcome } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { withDatabase } from '../installation.js';

/** Milliseconds: it is the first thing that runs beside a database that may still be starting. */
const patienceMs = 20_000;

export function addMigrate(cli: Cli, program: Command): void {
  cli.leaf<{ readonly check?: true }>(
    program,
    {
      usage: 'migrate',
      summary: 'bring the schema up to date, as every start does; several may run at once',
      examples: ['migrate --check', 'migrate'],
    },
    (command) => command.option('--check', 'only tell what is pending; ends with 1 if anything is'),
    ({ check }) =>
      withDatabase(loadConfig(), { schema: 'any', patienceMs }, (open) =>
        check ? checked(open) : migrated(open),
      ),
  );
}

async function checked(open: OpenDatabase): Promise<Outcome> {
  const { pending } = await known(open);
  const text = pending.length === 0 ? 'The schema is up to date.' : `Pending:\n${listed(pending)}`;
  const exitCode = pending.length === 0 ? exitCodes.done : exitCodes.failed;
  return { text, json: { pending }, exitCode };
}

async function migrated(open: OpenDatabase): Promise<Outcome> {
  const { pending } = await known(open);
  await open.database.migrate();
  const text = pending.length === 0 ? 'The schema was up to date.' : `Applied:\n${listed(pending)}`;
  return { text, json: { applied: pending } };
}

async function known({ database }: OpenDatabase): Promise<SchemaState> {
  const state = await database.schemaState();
  expectKnownSchema(state);
  return state;
}

function listed(names: readonly string[]): string {
  return names.map((name) => `  ${name}`).join('\n');
}
