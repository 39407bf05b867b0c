import { Command } from 'commander';
import { Cli } from './cli.js';
import { addAudit } from './commands/audit.js';
import { addClients } from './commands/clients.js';
import { addConfig } from './commands/config.js';
import { addDoctor } from './commands/doctor.js';
import { addKeys } from './commands/keys.js';
import { addMigrate } from './commands/migrate.js';
import { addRollups } from './commands/rollups.js';
import { addSessions } from './commands/sessions.js';
import { addUsers } from './commands/users.js';
import type { ExitCode } from './exit-codes.js';
import { processTerminal, type Terminal } from './terminal.js';

const help = `
Settings come from the environment, as for the server (.env.example). Commands work beside running instances; an
embedded database belongs to one process, so stop it first.

Exit codes: 0 done; 1 failed, refused, or something was found; 2 used wrongly; 3 a store does not answer or the data
folder is in use; 4 settings, SECRET_KEY or schema do not fit; 5 done, and not proven on every instance.`;

/** Runs a command line to its end and resolves with the number to exit with. */
export function run(words: readonly string[], terminal: Terminal = processTerminal): Promise<ExitCode> {
  const cli = new Cli(terminal);
  const program = cli
    .quiet(new Command('rollcall'))
    .description('Administers an installation of Rollcall.')
    .addHelpText('after', help);
  addMigrate(cli, program);
  addUsers(cli, program);
  addSessions(cli, program);
  addKeys(cli, program);
  addClients(cli, program);
  addAudit(cli, program);
  addRollups(cli, program);
  addConfig(cli, program);
  addDoctor(cli, program);
  return cli.run(program, words);
}
