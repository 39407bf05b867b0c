import { ClientDirectory, type ClientKind, ClientRegistry } from '@app/tokens';
import { eventually } from '@app/testing';
import type { Api } from './api.js';

export interface ClientCredentials {
  readonly id: string;
  readonly secret: string;
}

export function clientRegistryOf({ app }: Api): ClientRegistry {
  return app.get(ClientRegistry, { strict: false });
}

/** A new client that the instance has heard of. */
export async function aClientOf(api: Api, kind: ClientKind = 'application'): Promise<ClientCredentials> {
  const { client, secret } = await clientRegistryOf(api).create('a client of these tests', kind);
  const directory = api.app.get(ClientDirectory, { strict: false });
  await eventually(() => directory.authenticate(client.id, secret), { describe: 'the client is known' });
  return { id: client.id, secret };
}

/** RFC 6749 §2.3.1: both parts are form-encoded first. */
export function basic({ id, secret }: ClientCredentials): string {
  const encoded = [id, secret].map((part) => encodeURIComponent(part).replaceAll('%20', '+')).join(':');
  return `Basic ${Buffer.from(encoded).toString('base64')}`;
}
