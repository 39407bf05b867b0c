/** Injection token of PUBLIC_URL. */
export const publicUrlToken = Symbol('PublicUrl');
