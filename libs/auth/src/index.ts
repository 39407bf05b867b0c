export { AgentWatch } from './application/agent-watch.js';
export { AccountCreation, type NewAccount } from './application/account-creation.js';
export { AccountControl } from './application/account-control.js';
export { type Account, AccountDirectory } from './application/account-directory.js';
export { AccountLocks } from './application/account-locks.js';
export { AccountRoles } from './application/account-roles.js';
export { AccountProtection } from './application/account-protection.js';
export { type FirstAdministrator, FirstAdministratorSetup } from './application/first-administrator.js';
export { Avatars } from './application/avatars.js';
export { LimitControl, type LimitName, type LimitStanding } from './application/limit-control.js';
export { Profiles } from './application/profiles.js';
export { Reauthentication } from './application/reauthentication.js';
export { Refresh } from './application/refresh.js';
export { Registration } from './application/registration.js';
export { type Authenticated, SessionCheck } from './application/session-check.js';
export { type OwnedSession, SessionOverview } from './application/session-overview.js';
export { SharedSessions } from './application/shared-sessions.js';
export type { DeviceClaim } from './application/session-opening.js';
export { SignIn } from './application/sign-in.js';
export { SignInTickets } from './application/sign-in-tickets.js';
export { SignOut } from './application/sign-out.js';
export type { Replaced, SignedIn } from './application/token-issuer.js';
export { type LiveToken, TokenIntrospection } from './application/token-introspection.js';
export { TokenRevocation } from './application/token-revocation.js';
export { AuthModule } from './auth.module.js';
export {
  InvalidCredentialsError,
  MissingCredentialsError,
  PasswordChangeRequiredError,
  PasswordRefusedError,
  ReadOnlySessionError,
  RefreshReusedError,
  SessionEndedError,
  SessionExpiredError,
  StepUpRequiredError,
  TokenExpiredError,
  TokenInvalidError,
  TokenRevokedError,
} from './domain/auth.errors.js';
export type { Profile } from './domain/profile.js';
export { PasswordHasher } from './domain/password-hasher.js';
export type { Principal, Standing } from './domain/principal.js';
export { StandingReader } from './domain/standing-reader.js';
