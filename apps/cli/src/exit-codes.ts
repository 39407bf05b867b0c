import { ConfigError } from '@app/config';
import { StoreUnavailableError } from '@app/kernel';
import { DatabaseUnreachableError, DataFolderLockedError, SchemaError } from '@app/postgres';
import { WrongSecretKeyError } from '@app/tokens';
import { CommanderError, InvalidArgumentError } from 'commander';

/** Scripts rely on these numbers; `rollcall --help` and docs/operations.md list them. */
export const exitCodes = {
  done: 0,
  /** Refused, failed, or something was found. */
  failed: 1,
  usage: 2,
  /** A store did not answer, or another process holds the data folder. */
  unavailable: 3,
  /** Settings, secret or schema are not those of this installation and version. */
  unfit: 4,
  /** Durable, and not proven to hold on every instance. */
  pending: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The words fit together in no way that the command knows. */
export class UsageError extends Error {}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError || error instanceof InvalidArgumentError) return exitCodes.usage;
  // Help that was asked for ends with 0, too.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  const isAway =
    error instanceof StoreUnavailableError ||
    error instanceof DatabaseUnreachableError ||
    error instanceof DataFolderLockedError;
  if (isAway) return exitCodes.unavailable;
  const isUnfit =
    error instanceof ConfigError || error instanceof SchemaError || error instanceof WrongSecretKeyError;
  return isUnfit ? exitCodes.unfit : exitCodes.failed;
}
