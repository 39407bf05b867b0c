import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerSecret } from '@app/kernel';
import type { Config } from './config.js';

/** As for SECRET_KEY. */
const minLength = 32;

/**
 * SECRET_KEY, or the one kept in DATA_DIR/secret.key (mode 0600), made on the first start. A complete file is
 * linked into place, so several processes that start together agree on one key and none reads half of it.
 */
export function resolveServerSecret(config: Config): ServerSecret {
  return new ServerSecret(Buffer.from(config.secretKey ?? storedSecret(config.dataDir), 'utf8'));
}

function storedSecret(dataDir: string): string {
  const file = join(dataDir, 'secret.key');
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const draft = join(dataDir, `.secret-${process.pid}-${randomBytes(4).toString('hex')}`);
  writeFileSync(draft, randomBytes(32).toString('hex'), { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  const secret = readFileSync(file, 'utf8').trim();
  // An emptied file would give keys that anybody can derive.
  if (secret.length < minLength) {
    throw new Error(`${file} holds no secret; put back the one this installation was set up with`);
  }
  return secret;
}
