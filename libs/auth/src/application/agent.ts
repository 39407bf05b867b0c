import { createHash } from 'node:crypto';
import type { Device } from '@app/sessions';

/**
 * Browser, system and kind without their versions, so that an update is no change. Eight characters: enough to see a
 * change, and an entry in the cache stays small.
 */
export function agentDigest({ browser, os, kind }: Device): string {
  return createHash('sha256').update(`${browser}|${os}|${kind}`).digest('base64url').slice(0, 8);
}
