import { Injectable } from '@nestjs/common';
import { type Client, ClientRepository, type StoredClient } from '../domain/client.js';
import { InvalidClientError } from '../domain/tokens.errors.js';
import { withoutDigests } from './client-registry.js';
import { ClientSecrets } from './client-secrets.js';

/**
 * All clients in memory, a few dozen rows: a service that asks about every request of its own costs us no SQL, and
 * goes on while Postgres is away.
 */
@Injectable()
export class ClientDirectory {
  private known = new Map<string, StoredClient>();

  constructor(
    private readonly repository: ClientRepository,
    private readonly secrets: ClientSecrets,
  ) {}

  /** Reads the clients anew. */
  async load(): Promise<void> {
    this.known = new Map((await this.repository.list()).map((client) => [client.id, client]));
  }

  /** About 5 µs, asking nobody. Throws InvalidClientError, alike in time and text for every cause. */
  authenticate(id: string, secret: string): Client {
    const client = this.known.get(id);
    const isRight = this.secrets.isRight(client, id, secret);
    if (!client || !isRight || client.disabledAt) throw new InvalidClientError();
    return withoutDigests(client);
  }
}
