/** Injection token of the RateLimitConfig slice. */
export const rateLimitConfigToken = Symbol('RateLimitConfig');

/** Injection token of Policies. */
export const policiesToken = Symbol('Policies');
