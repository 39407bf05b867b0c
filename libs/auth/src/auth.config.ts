/** Injection token of the PasswordsConfig slice. */
export const passwordsConfigToken = Symbol('PasswordsConfig');
