/** Injection token of the TokensConfig slice. */
export const tokensConfigToken = Symbol('TokensConfig');
