import { SigningKeyRotation } from '@app/tokens';
import type { Command } from 'commander';
import type { Cli, Outcome } from '../cli.js';
import { withTokens } from '../installation.js';
import { actOf, type ReasonOption, withReason } from '../options.js';
import { instantOrDash, table } from '../output.js';

const asIs = (command: Command): Command => command;

export function addKeys(cli: Cli, program: Command): void {
  const keys = cli.group(program, 'keys', 'the keys that sign tokens');
  cli.leaf(
    keys,
    { usage: 'list', summary: 'show the signing keys, newest first', examples: ['keys list'] },
    asIs,
    () => after(async () => undefined),
  );
  cli.leaf<ReasonOption>(
    keys,
    {
      usage: 'rotate',
      summary: 'let the successor sign from now on; tokens of the old key stay good',
      examples: ['keys rotate'],
    },
    withReason,
    (options) => after((rotation) => rotation.rotate(actOf(options))),
  );
  cli.leaf<ReasonOption>(
    keys,
    {
      usage: 'withdraw <kid>',
      summary: 'refuse every token of a key that somebody else may have',
      examples: ['keys withdraw kQ3x…'],
    },
    withReason,
    (options, kid) => after((rotation) => rotation.withdraw(kid, actOf(options))),
  );
}

/** Every command shows how the keys stand afterwards. */
function after(change: (rotation: SigningKeyRotation) => Promise<void>): Promise<Outcome> {
  return withTokens(async (parts) => {
    const rotation = parts.get(SigningKeyRotation, { strict: false });
    await change(rotation);
    const keys = await rotation.list();
    const rows = keys.map((key) => [
      key.kid,
      key.state,
      ...[key.createdAt, key.signsFrom, key.retiredAt, key.withdrawnAt].map(instantOrDash),
    ]);
    return {
      text: table(['kid', 'state', 'published', 'signs from', 'retired', 'withdrawn'], rows),
      json: {
        keys: keys.map(({ kid, state, createdAt, signsFrom, retiredAt, withdrawnAt }) => ({
          kid,
          state,
          published_at: createdAt,
          signs_from: signsFrom,
          retired_at: retiredAt,
          withdrawn_at: withdrawnAt,
        })),
      },
    };
  });
}
