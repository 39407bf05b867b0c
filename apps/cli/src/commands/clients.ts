import {
  type Client,
  type ClientKind,
  clientKinds,
  ClientRegistry,
  type ClientWithSecret,
} from '@app/tokens';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { Cli, Outcome } from '../cli.js';
import { withTokens } from '../installation.js';
import { facts, instantOrDash, printable, table } from '../output.js';

const asIs = (command: Command): Command => command;

export function addClients(cli: Cli, program: Command): void {
  const clients = cli.group(program, 'clients', 'services that ask about tokens');
  cli.leaf(
    clients,
    {
      usage: 'create',
      summary:
        'make a client and show its secret, once; resource: may ask about access tokens that it is shown; ' +
        'application: holds tokens of people, so it may also revoke them',
      examples: ['clients create "billing api"', 'clients create "web backend" application'],
    },
    (command) =>
      command
        .addArgument(new Argument('<name>', 'what people call it').argParser(nameOf))
        .addArgument(new Argument('[kind]', 'what it may do').choices(clientKinds).default('resource')),
    (_options, name, kind) =>
      on(async (registry) => withSecret(await registry.create(name, kind as ClientKind))),
  );
  cli.leaf(
    clients,
    { usage: 'list', summary: 'show all clients, oldest first', examples: ['clients list --json'] },
    asIs,
    () => on(listed),
  );
  cli.leaf(
    clients,
    { usage: 'disable <id>', summary: 'refuse the client from now on', examples: ['clients disable rc_…'] },
    asIs,
    (_options, id) =>
      on(async (registry) => {
        const client = await registry.disable(id);
        return { text: `disabled ${client.id}`, json: presented(client) };
      }),
  );
  addSecrets(cli, clients);
}

function addSecrets(cli: Cli, clients: Command): void {
  cli.leaf(
    clients,
    {
      usage: 'rotate-secret <id>',
      summary: 'make another secret; the one before it stays good until drop-old-secret',
      examples: ['clients rotate-secret rc_…'],
    },
    asIs,
    (_options, id) => on(async (registry) => withSecret(await registry.rotateSecret(id))),
  );
  cli.leaf(
    clients,
    {
      usage: 'drop-old-secret <id>',
      summary: 'refuse the secret before the newest',
      examples: ['clients drop-old-secret rc_…'],
    },
    asIs,
    (_options, id) =>
      on(async (registry) => {
        const client = await registry.dropPreviousSecret(id);
        return { text: `only the newest secret of ${client.id} is good now`, json: presented(client) };
      }),
  );
}

function on(work: (registry: ClientRegistry) => Promise<Outcome>): Promise<Outcome> {
  return withTokens((parts) => work(parts.get(ClientRegistry, { strict: false })));
}

function nameOf(text: string): string {
  const name = text.trim();
  if (name === '' || /\p{Cc}/u.test(name)) throw new InvalidArgumentError('It must be a name on one line.');
  return name;
}

function withSecret({ client, secret }: ClientWithSecret): Outcome {
  const shown = facts({ client_id: client.id, client_secret: secret });
  return {
    text: `${shown}\n\nThe secret is shown this once.`,
    json: { ...presented(client), client_secret: secret },
  };
}

async function listed(registry: ClientRegistry): Promise<Outcome> {
  const clients = await registry.list();
  const rows = clients.map(({ id, name, kind, createdAt, secretChangedAt, disabledAt }) => [
    id,
    kind,
    instantOrDash(createdAt),
    instantOrDash(secretChangedAt),
    instantOrDash(disabledAt),
    printable(name),
  ]);
  return {
    text: table(['id', 'kind', 'created', 'secret of', 'disabled', 'name'], rows),
    json: { clients: clients.map(presented) },
  };
}

function presented({ id, name, kind, createdAt, secretChangedAt, disabledAt }: Client) {
  return {
    client_id: id,
    name,
    kind,
    created_at: createdAt,
    secret_changed_at: secretChangedAt,
    disabled_at: disabledAt,
  };
}
