export { AccountProtection } from './application/account-protection.js';
export { type FirstAdministrator, FirstAdministratorSetup } from './application/first-administrator.js';
export { type NewAccount, Registration } from './application/registration.js';
export { type Authenticated, SessionCheck } from './application/session-check.js';
export { SignIn, type SignedIn } from './application/sign-in.js';
export { SignOut } from './application/sign-out.js';
export { TokenRevocation } from './application/token-revocation.js';
export { AuthModule } from './auth.module.js';
export {
  InvalidCredentialsError,
  MissingCredentialsError,
  PasswordRefusedError,
  SessionEndedError,
  SessionExpiredError,
  TokenExpiredError,
  TokenInvalidError,
  TokenRevokedError,
} from './domain/auth.errors.js';
export { PasswordHasher } from './domain/password-hasher.js';
export type { Principal, Standing } from './domain/principal.js';
export { StandingReader } from './domain/standing-reader.js';
