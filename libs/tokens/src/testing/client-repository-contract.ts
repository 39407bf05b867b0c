import type { ClientRepository, StoredClient } from '../domain/client.js';

export interface ClientRepositorySubject {
  readonly clients: ClientRepository;
  clear(): Promise<void>;
}

export function aClient(id: string, traits: Partial<StoredClient> = {}): StoredClient {
  const at = new Date('2026-01-01T00:00:00Z');
  return {
    id,
    name: `client ${id}`,
    kind: 'resource',
    createdAt: at,
    secretChangedAt: at,
    disabledAt: null,
    secretDigest: Buffer.alloc(32, 1),
    previousSecretDigest: null,
    ...traits,
  };
}

/** What the directory and an operator's commands rely on. */
export function clientRepositoryContract(subject: () => ClientRepositorySubject): void {
  beforeEach(() => subject().clear());

  it('gives back clients as they were stored, the oldest first', async () => {
    const young = aClient('young', { createdAt: new Date('2026-01-02T00:00:00Z'), kind: 'application' });
    const old = aClient('old', { disabledAt: new Date(), previousSecretDigest: Buffer.from([0, 255]) });
    await subject().clients.insert(young);
    await subject().clients.insert(old);

    expect(await subject().clients.list()).toEqual([old, young]);
  });

  it('stores what a change makes of a client, and leaves the others', async () => {
    await subject().clients.insert(aClient('one'));
    await subject().clients.insert(aClient('two'));
    const changed = await subject().clients.change('two', (client) => ({ ...client, name: 'renamed' }));

    expect(changed).toEqual(aClient('two', { name: 'renamed' }));
    expect(await subject().clients.list()).toEqual([aClient('one'), changed]);
  });

  it('knows no client that does not exist', async () => {
    expect(await subject().clients.change('nobody', (client) => client)).toBeNull();
  });

  it('v5.0.0-15.4.2 loses none of several changes at once', async () => {
    await subject().clients.insert(aClient('one', { name: '' }));
    await Promise.all(
      ['a', 'b', 'c'].map((letter) =>
        subject().clients.change('one', (client) => ({ ...client, name: `${client.name}${letter}` })),
      ),
    );
    const [client] = await subject().clients.list();

    expect([...client!.name].toSorted()).toEqual(['a', 'b', 'c']);
  });
}
