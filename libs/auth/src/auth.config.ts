/** Injection token of the PasswordsConfig slice. */
export const passwordsConfigToken = Symbol('PasswordsConfig');

/** Injection token of the TokensConfig slice. */
export const tokensConfigToken = Symbol('AuthTokensConfig');

/** Injection token of SESSION_FALLBACK. */
export const sessionFallbackToken = Symbol('SessionFallback');
