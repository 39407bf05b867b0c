import { bootProblems, loadConfig, resolveServerSecret } from '@app/config';
import { CryptoRandomSource, SystemClock } from '@app/kernel';
import { openDatabase, PostgresModule } from '@app/postgres';
import { TokensModule } from '@app/tokens';
import { type DynamicModule, type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { RuntimeModule } from './runtime.module.js';

@Module({})
class CommandModule {}

/** The caller used it in a way that it does not know; the message is how it is used. */
export class UsageError extends Error {}

/** What a command does, and returns to be printed. */
export type Command = (context: INestApplicationContext) => Promise<string>;

/**
 * Runs an operator's command on the configured database, beside running instances. `understand` turns the words of
 * the command line into it or throws UsageError. Exits with 1 and one line per problem, or with 2 and the usage.
 */
export async function runCommand(understand: (words: readonly string[]) => Command): Promise<void> {
  let context: INestApplicationContext | undefined;
  try {
    const command = understand(process.argv.slice(2));
    context = await NestFactory.createApplicationContext(await commandModule(), {
      logger: false,
      abortOnError: false,
    });
    process.stdout.write(`${await command(context)}\n`);
  } catch (error) {
    for (const line of bootProblems(error))
      process.stderr.write(error instanceof UsageError ? `${error.message}\n` : `rollcall: ${line}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  } finally {
    await context?.close();
  }
}

async function commandModule(): Promise<DynamicModule> {
  const config = loadConfig();
  const clock = new SystemClock();
  const database = await openDatabase(config.postgres, {
    clock,
    // A command is short: what it was about to do fails with the same error.
    onIdleError: () => undefined,
  });
  const runtime = { clock, random: new CryptoRandomSource(), secret: resolveServerSecret(config) };
  return {
    module: CommandModule,
    imports: [
      RuntimeModule.forRoot(runtime),
      PostgresModule.forRoot(database),
      TokensModule.forAdministration(config.tokens),
    ],
  };
}

/** Rows under a heading, in columns. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function instantOrDash(time: Date | null): string {
  return time ? time.toISOString() : '-';
}
