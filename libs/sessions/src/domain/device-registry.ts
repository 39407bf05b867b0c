import type { UserId } from '@app/kernel';
import type { Device } from './session.js';

/** A successful sign-in, as far as it tells one device and place from another. */
export interface Sighting {
  readonly userId: UserId;
  /** Digest of the id that the device goes by; null if it has none. */
  readonly deviceKey: string | null;
  /** Digest of what kind of thing it is, which is all that is known of a device without an id. */
  readonly kindKey: string;
  /** By which of the two it counts as new; `id` falls back to the kind where there is none. Both are remembered. */
  readonly recogniseBy: 'id' | 'kind';
  readonly device: Device;
  /** IPv4 /24, IPv6 /48. */
  readonly network: string;
  readonly at: Date;
}

export interface Recognition {
  /** Nothing was known of the user before, so nothing can be unusual. */
  readonly isFirst: boolean;
  readonly isNewDevice: boolean;
  readonly isNewNetwork: boolean;
}

/**
 * From where each user has signed in, as far back as the last hundred devices and the last hundred networks. It lowers suspicion and opens nothing (NIST SP 800-63B-4 §5.1).
 */
export abstract class DeviceRegistry {
  /** Remembers and compares, in the caller's unit of work, which holds the user's row lock. */
  abstract see(sighting: Sighting): Promise<Recognition>;
}
