export type {
  AgentBinding,
  CleanupConfig,
  Config,
  HttpConfig,
  PasswordsConfig,
  PostgresConfig,
  RedisConfig,
  SessionFallback,
  SessionLifetime,
  SessionLimitPolicy,
  SessionProfile,
  SessionsConfig,
  TokensConfig,
  TransportConfig,
} from './config.js';
export { ConfigError, loadConfig } from './load-config.js';
export { redactConfig } from './redact.js';
export { resolveServerSecret } from './server-secret.js';
