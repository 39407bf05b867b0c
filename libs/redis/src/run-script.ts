import type { RedisClient } from './redis-target.js';

/** As `scripts.generated.ts` files hold it. */
export interface Script {
  /** SHA-1 of the text: how Redis names it. */
  readonly digest: string;
  readonly text: string;
}

/** By digest; the text travels only when the server does not know it, e.g. after a restart. */
export async function runScript(
  client: RedisClient,
  script: Script,
  keys: readonly string[],
  values: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.digest, keys.length, ...keys, ...values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return client.eval(script.text, keys.length, ...keys, ...values);
  }
}
