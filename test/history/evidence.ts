import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Violation } from './checks.js';
import type { Counters } from './counters.js';
import type { Blow } from './nemesis.js';
import type { History, Operation } from './recorder.js';

export interface Evidence {
  readonly seed: number;
  readonly schedule: readonly Blow[];
  readonly history: History;
  readonly violations: readonly Violation[];
  readonly counters: Counters;
  readonly outputs: readonly string[];
}

/** Operations around a violation that are worth reading. */
const shown = 12;

/** Writes everything about a run to a new folder and returns its path. */
export function save({ history, outputs, ...rest }: Evidence): string {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-history-'));
  writeFileSync(join(folder, 'run.json'), JSON.stringify(rest, null, 2));
  const lines = [...history.operations].map((operation) => JSON.stringify(operation));
  writeFileSync(join(folder, 'operations.jsonl'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'impairments.json'), JSON.stringify(history.impairments, null, 2));
  outputs.forEach((output, index) => writeFileSync(join(folder, `instance-${index}.log`), output));
  return folder;
}

/** The first violations with what happened to their sessions, for the message of a failed run. */
export function describeViolations(violations: readonly Violation[], { operations }: History): string {
  return violations
    .slice(0, 3)
    .map(({ rule, what, operation, because }) =>
      [
        `${rule}: ${what}`,
        ...(because ? [`  because of ${line(because)}`] : []),
        ...(operation ? around(operation, operations).map((one) => `  ${line(one)}`) : []),
      ].join('\n'),
    )
    .join('\n');
}

function around(of: Operation, operations: readonly Operation[]): Operation[] {
  return operations
    .filter(({ session, target }) => session === of.session || target === of.session)
    .filter(({ start, end }) => end > of.start - 1_500 && start < of.end + 200)
    .toSorted((one, other) => one.start - other.start)
    .slice(-shown);
}

function line({ id, op, instance, run, start, end, status, code, mode, proc }: Operation): string {
  const times = `${start.toFixed(1)} - ${end.toFixed(1)}`;
  return [`#${id}`, times, `${op} at ${instance}.${run}`, status, code, mode, proc]
    .filter(Boolean)
    .join('  ');
}
