import type { TokensConfig } from '@app/config';
import { type Act, type DomainEvent, EventLog, factsOf } from '@app/event-log';
import { Clock } from '@app/kernel';
import { Inject, Injectable } from '@nestjs/common';
import {
  isDue,
  keepUp,
  keyIn,
  type KeyPolicy,
  type KeyState,
  rotated,
  stateOf,
  withdrawn,
} from '../domain/key-schedule.js';
import {
  type KeyChanges,
  noChanges,
  SigningKeyRepository,
  type StoredSigningKey,
} from '../domain/signing-key.js';
import { tokensConfigToken } from '../tokens.config.js';
import { KeyMint } from './key-mint.js';

/** Nobody is signed in at a command line. */
const byCommand: Act = { by: null, note: null };

/** A key as an operator sees it. */
export type SigningKeyReport = Omit<StoredSigningKey, 'publicJwk' | 'sealedPrivateKey'> & {
  readonly state: KeyState;
};

/**
 * The life of the signing keys: successor, signer, retired, gone. Any number of instances and commands may call it
 * at once. Every method rejects with WrongSecretKeyError before it changes anything under a SECRET_KEY that does
 * not open the stored keys.
 */
@Injectable()
export class SigningKeyRotation {
  private readonly policy: KeyPolicy;

  constructor(
    private readonly keys: SigningKeyRepository,
    private readonly mint: KeyMint,
    private readonly events: EventLog,
    private readonly clock: Clock,
    @Inject(tokensConfigToken) config: Pick<TokensConfig, 'keyRotationSeconds' | 'keyHistoryDays'>,
  ) {
    this.policy = { rotationSeconds: config.keyRotationSeconds, historyDays: config.keyHistoryDays };
  }

  /** Newest first, without the keys themselves. */
  async list(): Promise<SigningKeyReport[]> {
    const keys = await this.keys.list();
    return keys.map((key) => {
      const { publicJwk: _public, sealedPrivateKey: _private, ...times } = key;
      return { ...times, state: stateOf(key) };
    });
  }

  /**
   * Rejects with WrongSecretKeyError under a SECRET_KEY that does not open the stored keys; for who makes under the same
   * secret what cannot be told from wrong later.
   */
  async proveSecret(): Promise<void> {
    const signing = keyIn('signing', await this.keys.list());
    if (signing) this.mint.open(signing);
  }

  /** By these keys `keepUp` would change something. */
  isDue(keys: readonly StoredSigningKey[]): boolean {
    return isDue(keys, this.clock.now(), this.policy);
  }

  /** Does what age asks for, if anything; of many who ask at once one does it. */
  async keepUp(): Promise<void> {
    await this.change((keys) => keepUp(keys, this.clock.now(), this.policy, () => this.mint.make()));
  }

  /**
   * Gives the successor its turn now; of several who ask for it at the same moment one does it. Rejects with
   * RotationTooEarlyError while verifiers may not know the successor yet.
   */
  async rotate(act: Act = byCommand): Promise<void> {
    const seen = keyIn('signing', await this.keys.list())?.kid;
    await this.change(
      (keys) =>
        keyIn('signing', keys)?.kid === seen
          ? rotated(keys, this.clock.now(), this.policy, () => this.mint.make())
          : noChanges,
      act,
    );
  }

  /**
   * Ends a key that somebody else may have: within a second or so no instance accepts its tokens, and their holders
   * have to refresh. Repeating it is harmless. Rejects with SigningKeyNotFoundError.
   */
  async withdraw(kid: string, act: Act = byCommand): Promise<void> {
    await this.change((keys) => withdrawn(keys, kid, this.clock.now(), () => this.mint.make()), act);
  }

  /** Without an act it was age. */
  private change(decide: (keys: readonly StoredSigningKey[]) => KeyChanges, act?: Act): Promise<void> {
    let before: readonly StoredSigningKey[] = [];
    return this.keys.change(
      (keys) => {
        const signing = keyIn('signing', keys);
        if (signing) this.mint.open(signing);
        before = keys;
        return decide(keys);
      },
      ({ put }) =>
        this.events.append(eventsOf(before, put, { facts: act ? factsOf(act) : {}, at: this.clock.now() })),
    );
  }
}

/** The first key replaces none. */
function eventsOf(
  before: readonly StoredSigningKey[],
  put: readonly StoredSigningKey[],
  { facts, at }: { facts: Readonly<Record<string, unknown>>; at: Date },
): DomainEvent[] {
  const old = keyIn('signing', before);
  const signer = keyIn('signing', put);
  const withdrawnNow = put.filter((key) => stateOf(key) === 'withdrawn');
  const about = (type: 'key.rotated' | 'key.withdrawn', { kid }: StoredSigningKey): DomainEvent => ({
    type,
    userId: null,
    payload: { kid, ...facts },
    at,
  });
  return [
    ...withdrawnNow.map((key) => about('key.withdrawn', key)),
    ...(old && signer && signer.kid !== old.kid ? [about('key.rotated', signer)] : []),
  ];
}
