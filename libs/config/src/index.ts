export type {
  CleanupConfig,
  Config,
  HttpConfig,
  PasswordsConfig,
  PostgresConfig,
  RedisConfig,
  SessionFallback,
  SessionLimitPolicy,
  SessionsConfig,
  TokensConfig,
} from './config.js';
export { ConfigError, loadConfig } from './load-config.js';
export { redactConfig } from './redact.js';
export { resolveServerSecret } from './server-secret.js';
