/** Whose request it is. Roles and names are not in tokens: they would be stale. */
export interface RollcallPrincipal {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
  /** When the person last proved the password. */
  readonly authenticatedAt: Date;
  readonly expiresAt: Date;
  /** RFC 8176 method names, e.g. `pwd`. */
  readonly methods: readonly string[];
  /** Told by introspection only. */
  readonly username: string | null;
  /** `signature`: nobody could be asked whether the session lives, and the policy `allow` let the request pass. */
  readonly vouchedBy: 'feed' | 'introspection' | 'signature';
}

/** What a token says whose signature, type, issuer, audience and expiry are good. */
export interface VerifiedToken {
  readonly principal: Omit<RollcallPrincipal, 'username' | 'vouchedBy'>;
  readonly keyId: string;
  readonly issuedAt: Date;
  readonly text: string;
}
