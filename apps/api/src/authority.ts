/** Injection token of the TokensConfig slice: who issues tokens, and for whom. */
export const authorityToken = Symbol('Authority');
