/** Injection token of the PasswordsConfig slice. */
export const passwordsConfigToken = Symbol('PasswordsConfig');

/** Injection token of the TokensConfig slice. */

/** Injection token of the SessionsConfig slice. */
export const sessionsConfigToken = Symbol('AuthSessionsConfig');

/** Injection token of SESSION_BIND_USER_AGENT. */
export const agentBindingToken = Symbol('AgentBinding');
/** Injection token of the CleanupConfig slice. */
export const cleanupConfigToken = Symbol('CleanupConfig');

/** Injection token of SESSION_FALLBACK. */
export const sessionFallbackToken = Symbol('SessionFallback');
