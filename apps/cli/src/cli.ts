import { bootProblems } from '@app/config';
import { DomainError, StoreUnavailableError } from '@app/kernel';
import { PasswordRefusedError } from '@app/auth';
import { Command, CommanderError } from 'commander';
import { type ExitCode, exitCodeOf, exitCodes } from './exit-codes.js';
import type { Result } from './output.js';
import type { Terminal } from './terminal.js';

/** What a command did, and the number with which it ends; 0 unless told. */
export type Outcome = Result & { readonly exitCode?: ExitCode };

interface Leaf {
  /** Its own words, as commander writes them: `end [session]`. */
  readonly usage: string;
  readonly summary: string;
  /** After the program's name. */
  readonly examples: readonly string[];
}

/** The program under construction: every command prints, fails and ends in the same way. */
export class Cli {
  /** Set by the command that ran. */
  exitCode: ExitCode = exitCodes.done;

  constructor(readonly terminal: Terminal) {}

  /** One line to whoever runs the command, apart from its result. */
  readonly warn = (text: string): void => this.terminal.err(`rollcall: ${text}\n`);

  /** A command that does something; `configure` adds its options. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- commander knows no types of options; each command names its own here
  leaf<Options>(
    parent: Command,
    { usage, summary, examples }: Leaf,
    configure: (command: Command) => Command,
    work: (options: Options, ...words: string[]) => Promise<Outcome>,
  ): void {
    const command = configure(this.quiet(parent.command(usage).summary(summary).description(summary)))
      .option('--json', 'print one JSON document')
      .addHelpText('after', ['', 'Examples:', ...examples.map((line) => `  rollcall ${line}`)].join('\n'));
    command.action(async (...received: unknown[]) => {
      // Words as they were declared, then the options, then the command itself.
      const words = received.slice(0, -2) as string[];
      const options = received.at(-2) as Options & { readonly json?: true };
      await this.perform(options.json === true, () => work(options, ...words));
    });
  }

  /** A name for commands that belong together. */
  group(parent: Command, name: string, summary: string): Command {
    return this.quiet(parent.command(name).summary(summary).description(summary));
  }

  /** Commander neither ends the process nor speaks past the terminal. */
  quiet(command: Command): Command {
    return command
      .exitOverride()
      .configureOutput({
        writeOut: (text) => this.terminal.out(text),
        writeErr: (text) => this.terminal.err(text),
      })
      .showHelpAfterError('(--help tells more)')
      .helpCommand(false);
  }

  /** Runs the words of a command line. Never rejects. */
  async run(program: Command, words: readonly string[]): Promise<ExitCode> {
    try {
      await program.parseAsync([...words], { from: 'user' });
    } catch (error) {
      this.exitCode = exitCodeOf(error);
      // Commander has said already what is wrong.
      if (!(error instanceof CommanderError)) this.complain(error);
    }
    return this.exitCode;
  }

  private async perform(isJson: boolean, work: () => Promise<Outcome>): Promise<void> {
    try {
      const { text, json, exitCode = exitCodes.done } = await work();
      this.terminal.out(`${isJson ? JSON.stringify(json, null, 2) : text}\n`);
      this.exitCode = exitCode;
    } catch (error) {
      this.exitCode = exitCodeOf(error);
      if (isJson) this.terminal.err(`${JSON.stringify({ error: asJson(error) })}\n`);
      else this.complain(error);
    }
  }

  private complain(error: unknown): void {
    for (const line of problemsOf(error)) this.warn(line);
  }
}

function asJson(error: unknown): { code: string; message: string } {
  const code = error instanceof DomainError ? error.code : 'FAILED';
  return { code, message: problemsOf(error).join('\n') };
}

function problemsOf(error: unknown): readonly string[] {
  if (error instanceof PasswordRefusedError) return [`the password ${error.reason}`];
  if (error instanceof StoreUnavailableError) {
    const store = error.store === 'postgres' ? 'PostgreSQL' : 'Redis';
    const why = error.cause instanceof Error ? `: ${error.cause.message.split('\n')[0]}` : '';
    return [`${store} did not answer in time${why}`];
  }
  return bootProblems(error);
}
