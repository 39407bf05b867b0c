import 'reflect-metadata';
import { SigningKeyRotation } from '@app/tokens';
import { type Command, instantOrDash, runCommand, table, UsageError } from './command.js';

const usage = `usage: npm run keys -- list | rotate | withdraw <kid>

  list             the signing keys, newest first
  rotate           let the successor sign from now on; tokens of the old key stay good
  withdraw <kid>   refuse every token of a key that somebody else may have`;

await runCommand(([verb, kid, ...rest]) => {
  if (verb === 'list' && kid === undefined) return after(async () => undefined);
  if (verb === 'rotate' && kid === undefined) return after((rotation) => rotation.rotate());
  if (verb === 'withdraw' && kid !== undefined && rest.length === 0)
    return after((rotation) => rotation.withdraw(kid));
  throw new UsageError(usage);
});

/** Every command shows how the keys stand afterwards. */
function after(change: (rotation: SigningKeyRotation) => Promise<void>): Command {
  return async (context) => {
    const rotation = context.get(SigningKeyRotation);
    await change(rotation);
    return listed(rotation);
  };
}

async function listed(rotation: SigningKeyRotation): Promise<string> {
  const keys = await rotation.list();
  const rows = keys.map((key) => [
    key.kid,
    key.state,
    ...[key.createdAt, key.signsFrom, key.retiredAt, key.withdrawnAt].map(instantOrDash),
  ]);
  return table(['kid', 'state', 'published', 'signs from', 'retired', 'withdrawn'], rows);
}
