import { Clock, RandomSource } from '@app/kernel';
import { Injectable } from '@nestjs/common';
import { type Client, type ClientKind, ClientRepository, type StoredClient } from '../domain/client.js';
import { ClientNotFoundError } from '../domain/tokens.errors.js';
import { ClientSecrets } from './client-secrets.js';

/** The secret appears here once and cannot be read again. */
export interface ClientWithSecret {
  readonly client: Client;
  readonly secret: string;
}

/** What an operator does with clients. Every instance follows within a second or so. */
@Injectable()
export class ClientRegistry {
  constructor(
    private readonly clients: ClientRepository,
    private readonly secrets: ClientSecrets,
    private readonly clock: Clock,
    private readonly random: RandomSource,
  ) {}

  /** Oldest first, disabled ones too. */
  async list(): Promise<Client[]> {
    return (await this.clients.list()).map(withoutDigests);
  }

  async create(name: string, kind: ClientKind): Promise<ClientWithSecret> {
    const id = `rc_${this.random.bytes(12).toString('hex')}`;
    const secret = this.secrets.make();
    const now = this.clock.now();
    const client: StoredClient = {
      id,
      name,
      kind,
      createdAt: now,
      secretChangedAt: now,
      disabledAt: null,
      secretDigest: this.secrets.digest(id, secret),
      previousSecretDigest: null,
    };
    await this.clients.insert(client);
    return { client: withoutDigests(client), secret };
  }

  /** For good; may be repeated. Rejects, like what follows, with ClientNotFoundError. */
  disable(id: string): Promise<Client> {
    return this.change(id, (client) => ({ ...client, disabledAt: client.disabledAt ?? this.clock.now() }));
  }

  /** A new secret; the one before it is accepted until `dropPreviousSecret`, older ones no longer. */
  async rotateSecret(id: string): Promise<ClientWithSecret> {
    const secret = this.secrets.make();
    const client = await this.change(id, ({ secretDigest, ...rest }) => ({
      ...rest,
      secretChangedAt: this.clock.now(),
      secretDigest: this.secrets.digest(id, secret),
      previousSecretDigest: secretDigest,
    }));
    return { client, secret };
  }

  /** Every user of the client has the new secret. */
  dropPreviousSecret(id: string): Promise<Client> {
    return this.change(id, (client) => ({ ...client, previousSecretDigest: null }));
  }

  private async change(id: string, change: (client: StoredClient) => StoredClient): Promise<Client> {
    const changed = await this.clients.change(id, change);
    if (!changed) throw new ClientNotFoundError();
    return withoutDigests(changed);
  }
}

export function withoutDigests({
  secretDigest: _current,
  previousSecretDigest: _previous,
  ...client
}: StoredClient): Client {
  return client;
}
