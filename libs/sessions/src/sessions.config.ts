/** Injection token of the SessionsConfig slice. */
export const sessionsConfigToken = Symbol('SessionsConfig');
