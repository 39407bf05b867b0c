import { noChanges, type SigningKeyRepository, type StoredSigningKey } from '../domain/signing-key.js';

export interface SigningKeyRepositorySubject {
  readonly keys: SigningKeyRepository;
  clear(): Promise<void>;
}

function aKey(kid: string, minute = 0, traits: Partial<StoredSigningKey> = {}): StoredSigningKey {
  const at = new Date(Date.UTC(2026, 0, 1, 0, minute));
  return {
    kid,
    publicJwk: { kty: 'EC', crv: 'P-256', x: `x-${kid}`, y: `y-${kid}` },
    sealedPrivateKey: Buffer.from([0, 255, 10, 13, minute]),
    createdAt: at,
    signsFrom: at,
    retiredAt: null,
    withdrawnAt: null,
    ...traits,
  };
}

/** What instances rely on when they start together, and when several change keys at once. */
export function signingKeyRepositoryContract(subject: () => SigningKeyRepositorySubject): void {
  const put = (...keys: StoredSigningKey[]): Promise<void> =>
    subject().keys.change(() => ({ put: keys, remove: [] }));
  const kids = async (): Promise<string[]> => (await subject().keys.list()).map(({ kid }) => kid);

  beforeEach(() => subject().clear());

  it('has no key at first', async () => {
    expect(await subject().keys.list()).toEqual([]);
  });

  it('gives back a key as it was stored', async () => {
    await put(aKey('one'));

    expect(await subject().keys.list()).toEqual([aKey('one')]);
  });

  it('lists the newest first', async () => {
    const retiredAt = new Date();
    await put(aKey('old', 1, { retiredAt }), aKey('new', 3), aKey('middle', 2, { retiredAt }));

    expect(await kids()).toEqual(['new', 'middle', 'old']);
  });

  it('lets one key give way to another in one change, and removes a third', async () => {
    const old = { ...aKey('old', 1), signsFrom: null };
    const past = aKey('past', 0, { retiredAt: new Date(0) });
    await put(old, past, aKey('signing', 2));
    const retired = aKey('signing', 2, { retiredAt: new Date(1), sealedPrivateKey: null });
    const promoted = aKey('old', 1, { withdrawnAt: null });
    await subject().keys.change(() => ({
      put: [retired, promoted, aKey('next', 3, { signsFrom: null })],
      remove: ['past'],
    }));

    expect(await subject().keys.list()).toEqual([aKey('next', 3, { signsFrom: null }), retired, promoted]);
  });

  it('shows what is stored to whoever decides, and leaves it when nothing is decided', async () => {
    await put(aKey('one'));
    let seen: readonly StoredSigningKey[] = [];
    await subject().keys.change((keys) => {
      seen = keys;
      return noChanges;
    });

    expect(seen).toEqual([aKey('one')]);
    expect(await kids()).toEqual(['one']);
  });

  it('v5.0.0-2.3.3 changes nothing when the decision is a refusal, which it passes on', async () => {
    const refusal = new Error('no');
    const change = subject().keys.change(() => {
      throw refusal;
    });

    await expect(change).rejects.toBe(refusal);
    expect(await kids()).toEqual([]);
  });

  it('v5.0.0-15.4.2 lets several decide one after the other', async () => {
    await Promise.all(
      ['one', 'two', 'three', 'four'].map((kid) =>
        subject().keys.change((keys) => (keys.length > 0 ? noChanges : { put: [aKey(kid)], remove: [] })),
      ),
    );

    expect(await kids()).toHaveLength(1);
  });
}
