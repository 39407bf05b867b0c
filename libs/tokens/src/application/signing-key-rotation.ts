import type { TokensConfig } from '@app/config';
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
  async rotate(): Promise<void> {
    const seen = keyIn('signing', await this.keys.list())?.kid;
    await this.change((keys) =>
      keyIn('signing', keys)?.kid === seen
        ? rotated(keys, this.clock.now(), this.policy, () => this.mint.make())
        : noChanges,
    );
  }

  /**
   * Ends a key that somebody else may have: within a second or so no instance accepts its tokens, and their holders
   * have to refresh. Repeating it is harmless. Rejects with SigningKeyNotFoundError.
   */
  async withdraw(kid: string): Promise<void> {
    await this.change((keys) => withdrawn(keys, kid, this.clock.now(), () => this.mint.make()));
  }

  private change(decide: (keys: readonly StoredSigningKey[]) => KeyChanges): Promise<void> {
    return this.keys.change((keys) => {
      const signing = keyIn('signing', keys);
      if (signing) this.mint.open(signing);
      return decide(keys);
    });
  }
}
