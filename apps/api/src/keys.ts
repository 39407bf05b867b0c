import 'reflect-metadata';
import { SigningKeyRotation } from '@app/tokens';
import { instantOrDash, runCommand, table, UsageError } from './command.js';

const usage = `usage: npm run keys -- list | rotate | withdraw <kid>

  list             the signing keys, newest first
  rotate           let the successor sign from now on; tokens of the old key stay good
  withdraw <kid>   refuse every token of a key that somebody else may have`;

await runCommand(async (context, [verb, kid, ...rest]) => {
  const rotation = context.get(SigningKeyRotation);
  if (verb === 'rotate' && kid === undefined) await rotation.rotate();
  else if (verb === 'withdraw' && kid !== undefined && rest.length === 0) await rotation.withdraw(kid);
  else if (verb !== 'list' || kid !== undefined) throw new UsageError(usage);
  return listed(rotation);
});

async function listed(rotation: SigningKeyRotation): Promise<string> {
  const keys = await rotation.list();
  const rows = keys.map((key) => [
    key.kid,
    key.state,
    ...[key.createdAt, key.signsFrom, key.retiredAt, key.withdrawnAt].map(instantOrDash),
  ]);
  return table(['kid', 'state', 'published', 'signs from', 'retired', 'withdrawn'], rows);
}
