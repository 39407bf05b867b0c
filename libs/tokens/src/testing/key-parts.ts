import { type DomainEvent, EventLog, type LogPosition } from '@app/event-log';
import { Clock, ServerSecret } from '@app/kernel';
import { KeyMint } from '../application/key-mint.js';
import { KeyRing } from '../application/key-ring.js';
import { SigningKeyRotation } from '../application/signing-key-rotation.js';
import type { SigningKeyRepository } from '../domain/signing-key.js';
import { SigningKeysInMemory } from './signing-keys-in-memory.js';

const day = 86_400;

/** Thirty days of signing, ninety of remembering. */
export const keyConfig = { keyRotationSeconds: 30 * day, keyHistoryDays: 90 };

export const keySecret = new ServerSecret(Buffer.from('a root secret that only these tests use'));

/** Keeps what is appended. */
export class EventsInMemory extends EventLog {
  readonly events: DomainEvent[] = [];

  async append(events: readonly DomainEvent[]): Promise<void> {
    this.events.push(...events);
  }

  async transaction(): Promise<LogPosition> {
    return 0;
  }
}

export interface KeyParts {
  readonly events: EventsInMemory;
  readonly ring: KeyRing;
  readonly rotation: SigningKeyRotation;
  readonly mint: KeyMint;
  readonly keys: SigningKeyRepository;
}

/** The keys of one instance as after a start. */
export async function startKeys(
  clock: Clock,
  keys: SigningKeyRepository = new SigningKeysInMemory(),
  secret = keySecret,
): Promise<KeyParts> {
  const events = new EventsInMemory();
  const mint = new KeyMint(clock, secret);
  const ring = new KeyRing(keys, mint, clock);
  const rotation = new SigningKeyRotation(keys, mint, events, clock, keyConfig);
  await ring.load();
  await rotation.keepUp();
  await ring.load();
  return { ring, rotation, mint, keys, events };
}
