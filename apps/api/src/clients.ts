import 'reflect-metadata';
import { type ClientKind, clientKinds, ClientRegistry, type ClientWithSecret } from '@app/tokens';
import { instantOrDash, runCommand, table, UsageError } from './command.js';

const usage = `usage: npm run clients -- create <name> [resource | application] | list | disable <id>
                        | rotate-secret <id> | drop-old-secret <id>

  create            resource (the default): may ask about access tokens that it is shown;
                    application: holds people's tokens, so it may also revoke them
  list              all clients, oldest first
  disable           refuse the client from now on
  rotate-secret     make another secret; the one before it stays good until drop-old-secret`;

await runCommand(async (context, [verb, ...words]) => {
  const registry = context.get(ClientRegistry);
  switch (verb) {
    case 'create':
      return shown(await registry.create(nameOf(words), kindOf(words)));
    case 'list':
      return listed(registry);
    case 'disable':
      return `disabled ${(await registry.disable(idOf(words))).id}`;
    case 'rotate-secret':
      return shown(await registry.rotateSecret(idOf(words)));
    case 'drop-old-secret':
      return `only the newest secret of ${(await registry.dropPreviousSecret(idOf(words))).id} is good now`;
    default:
      throw new UsageError(usage);
  }
});

function nameOf([name, , ...rest]: readonly string[]): string {
  if (!name?.trim() || rest.length > 0) throw new UsageError(usage);
  return name.trim();
}

function kindOf([, wish = 'resource']: readonly string[]): ClientKind {
  const kind = clientKinds.find((each) => each === wish);
  if (!kind) throw new UsageError(usage);
  return kind;
}

function idOf([id, ...rest]: readonly string[]): string {
  if (id === undefined || rest.length > 0) throw new UsageError(usage);
  return id;
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
