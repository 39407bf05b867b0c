import { createHash } from 'node:crypto';
import type { Device } from '@app/sessions';

const digests = new WeakMap<Device, string>();

/** As `digest`, worked out once for each device object: the same one comes with every request of a client. */
export function agentDigest(device: Device): string {
  const known = digests.get(device);
  if (known !== undefined) return known;
  const made = digest(device);
  digests.set(device, made);
  return made;
}

/**
 * Browser, system and kind without their versions, so that an update is no change. Eight characters: enough to see a
 * change, and an entry in the cache stays small.
 */
function digest({ browser, os, kind }: Device): string {
  return createHash('sha256').update(`${browser}|${os}|${kind}`).digest('base64url').slice(0, 8);
}
