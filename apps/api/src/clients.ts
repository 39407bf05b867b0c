import 'reflect-metadata';
import { type ClientKind, clientKinds, ClientRegistry, type ClientWithSecret } from '@app/tokens';
import { type Command, instantOrDash, runCommand, table, UsageError } from './command.js';

const usage = `usage: npm run clients -- create <name> [resource | application] | list | disable <id>
                        | rotate-secret <id> | drop-old-secret <id>

  create            resource (the default): may ask about access tokens that it is shown;
                    application: holds people's tokens, so it may also revoke them
  list              all clients, oldest first
  disable           refuse the client from now on
  rotate-secret     make another secret; the one before it stays good until drop-old-secret`;

await runCommand(([verb, ...words]) => {
  const [first, second = 'resource', ...rest] = words;
  const kind = clientKinds.find((each) => each === second);
  const isComplete = verb === 'list' ? words.length === 0 : Boolean(first?.trim()) && rest.length === 0;
  if (!isComplete || !kind || (verb !== 'create' && words.length > 1)) throw new UsageError(usage);
  return commandOf(verb, first ?? '', kind);
});

function commandOf(verb: string | undefined, subject: string, kind: ClientKind): Command {
  switch (verb) {
    case 'create':
      return on(async (registry) => shown(await registry.create(subject.trim(), kind)));
    case 'list':
      return on(listed);
    case 'disable':
      return on(async (registry) => `disabled ${(await registry.disable(subject)).id}`);
    case 'rotate-secret':
      return on(async (registry) => shown(await registry.rotateSecret(subject)));
    case 'drop-old-secret':
      return on(async (registry) => {
        const { id } = await registry.dropPreviousSecret(subject);
        return `only the newest secret of ${id} is good now`;
      });
    default:
      throw new UsageError(usage);
  }
}

function on(work: (registry: ClientRegistry) => Promise<string>): Command {
  return (context) => work(context.get(ClientRegistry));
}

function shown({ client, secret }: ClientWithSecret): string {
  return `client_id      ${client.id}\nclient_secret  ${secret}\n\nThe secret is shown this once.`;
}

async function listed(registry: ClientRegistry): Promise<string> {
  const rows = (await registry.list()).map(({ id, name, kind, createdAt, secretChangedAt, disabledAt }) => [
    id,
    kind,
    instantOrDash(createdAt),
    instantOrDash(secretChangedAt),
    instantOrDash(disabledAt),
    name,
  ]);
  return table(['id', 'kind', 'created', 'secret of', 'disabled', 'name'], rows);
}
