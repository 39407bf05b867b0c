import type { UnitOfWork } from '@app/kernel';
import type { SigningKeyRepository, StoredSigningKey } from '../domain/signing-key.js';

export interface SigningKeyRepositorySubject {
  readonly keys: SigningKeyRepository;
  readonly work: UnitOfWork;
  /** Makes room for another active key. */
  retireAll(): Promise<void>;
  clear(): Promise<void>;
}

function aKey(kid: string, minute = 0): StoredSigningKey {
  return {
    kid,
    publicJwk: { kty: 'EC', crv: 'P-256', x: `x-${kid}`, y: `y-${kid}` },
    sealedPrivateKey: Buffer.from([0, 255, 10, 13, minute]),
    createdAt: new Date(Date.UTC(2026, 0, 1, 0, minute)),
  };
}

/** What instances rely on when they start together and agree on one key. */
export function signingKeyRepositoryContract(subject: () => SigningKeyRepositorySubject): void {
  const kids = async (): Promise<string[]> => (await subject().keys.listCurrent()).map(({ kid }) => kid);

  beforeEach(() => subject().clear());

  it('has no key at first', async () => {
    expect(await subject().keys.listCurrent()).toEqual([]);
  });

  it('gives back a key as it was stored', async () => {
    await subject().keys.insertUnlessActive(aKey('one'));

    expect(await subject().keys.listCurrent()).toMatchObject([aKey('one')]);
  });

  it('stores no second key while one is active', async () => {
    await subject().keys.insertUnlessActive(aKey('one'));
    await subject().keys.insertUnlessActive(aKey('two'));

    expect(await kids()).toEqual(['one']);
  });

  it('v5.0.0-15.4.2 stores one key when several instances start at once', async () => {
    await Promise.all(
      ['one', 'two', 'three', 'four'].map((kid) => subject().keys.insertUnlessActive(aKey(kid))),
    );

    expect(await kids()).toHaveLength(1);
  });

  it('does not fail work that loses the race for the first key', async () => {
    await subject().keys.insertUnlessActive(aKey('one'));
    const seen = await subject().work.run(async () => {
      await subject().keys.insertUnlessActive(aKey('two'));
      return kids();
    });

    expect(seen).toEqual(['one']);
  });

  it('v5.0.0-11.2.2 lists a retired key after the newer one that replaced it', async () => {
    await subject().keys.insertUnlessActive(aKey('old', 1));
    await subject().retireAll();
    await subject().keys.insertUnlessActive(aKey('new', 2));

    expect(await kids()).toEqual(['new', 'old']);
  });
}
