import type { RollcallPrincipal } from './principal.js';

/** Decides about an access token. Rejects with a RollcallException and nothing else. */
export abstract class TokenCheck {
  abstract check(token: string): Promise<RollcallPrincipal>;
}
