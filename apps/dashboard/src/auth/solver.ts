import { sha256 } from '@noble/hashes/sha2';
import { solveChallenge } from 'altcha-lib';
import type { Challenge } from 'altcha-lib/types';

/** SHA-256 of ALTCHA without Web Crypto, which pages without TLS do not have, and faster for inputs this short. */
function deriveKey({ cost, keyLength }: Challenge['parameters'], salt: Uint8Array, password: Uint8Array) {
  let key = sha256(new Uint8Array([...salt, ...password]));
  for (let round = 1; round < cost; round += 1) key = sha256(key);
  return Promise.resolve({ parameters: {}, derivedKey: key.slice(0, keyLength) });
}

self.addEventListener('message', ({ data: challenge }: MessageEvent<Challenge>) => {
  void solveChallenge({ challenge, deriveKey }).then((solution) =>
    self.postMessage(solution, { transfer: [] }),
  );
});
