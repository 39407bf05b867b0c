import { AuditVerification, type Verification, type VerificationWish } from '@app/audit';
import { type Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.js';
import { exitCodes } from '../exit-codes.js';
import { withAudit } from '../installation.js';
import { Progress } from '../terminal.js';

interface VerifyOptions {
  readonly expect?: NonNullable<VerificationWish['known']>;
  readonly from?: number;
}

export function addAudit(cli: Cli, program: Command): void {
  const audit = cli.group(program, 'audit', 'who did what to whom');
  cli.leaf<VerifyOptions>(
    audit,
    {
      usage: 'verify',
      summary:
        'check every record of the audit, and the event log against it; ends with 1 if anything is wrong',
      examples: ['audit verify', 'audit verify --json', 'audit verify --expect 4711:c0ffee…'],
    },
    (command) =>
      command
        .option(
          '--expect <seq:hash>',
          'the last record that an earlier verification has told: notices that everything was set back',
          known,
        )
        .option('--from <seq>', 'leave out what is before this record', from),
    ({ expect, from: first }) =>
      withAudit(async (parts) => {
        const verification = parts.get(AuditVerification, { strict: false });
        const progress = new Progress(cli.terminal, 'checked records');
        // For somebody who watches; nightly jobs tell what is written on standard error to people.
        const onProgress = (checked: number, total: number): void => {
          if (cli.terminal.isWatched) progress.show(checked, total);
        };
        const result = await verification
          .run({ known: expect, from: first, onProgress })
          .finally(() => progress.end());
        return {
          text: described(result),
          json: presented(result),
          exitCode: result.finding ? exitCodes.failed : exitCodes.done,
        };
      }),
  );
}

function known(text: string): NonNullable<VerificationWish['known']> {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? [];
  if (seq === undefined || hash === undefined)
    throw new InvalidArgumentError('It must be the number and the hash of a record, such as 4711:c0ffee….');
  return { seq: Number(seq), hash };
}

function from(text: string): number {
  if (!/^[1-9]\d{0,14}$/.test(text)) throw new InvalidArgumentError('It must be the number of a record.');
  return Number(text);
}

function presented({ at, checked, length, head, finding }: Verification) {
  return { whole: finding === null, at, checked, length, head, finding };
}

function described({ checked, length, head, finding }: Verification): string {
  if (!finding) return `whole: ${checked} records checked\nlast record: ${length}:${head}`;
  const place = finding.seq === null ? '' : ` at ${finding.seq}`;
  return `BROKEN${place} (${finding.kind}): ${finding.text}`;
}
