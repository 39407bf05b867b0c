/** Injection token of the PasswordsConfig slice. */
export const passwordsConfigToken = Symbol('PasswordsConfig');

/** Injection token of the CleanupConfig slice. */
export const cleanupConfigToken = Symbol('CleanupConfig');

/** Injection token of SESSION_FALLBACK. */
export const sessionFallbackToken = Symbol('SessionFallback');
