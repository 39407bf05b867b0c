import type { Propagation } from '@app/sessions';
import type { Outcome } from './cli.js';
import { exitCodes } from './exit-codes.js';

/** Says whether every instance is known to know, by text, JSON and exit code. */
export function propagated(
  propagation: Propagation,
  { text, json }: { readonly text: string; readonly json: Record<string, unknown> },
): Outcome {
  const isProven = propagation === 'complete';
  const told = isProven
    ? 'Every instance knows.'
    : 'Not proven on every instance: it holds wherever PostgreSQL is reached. Repeat the command to prove it.';
  return {
    text: `${text}\n${told}`,
    json: { ...json, propagation },
    exitCode: isProven ? exitCodes.done : exitCodes.pending,
  };
}
