export type {
  BucketLimit,
  Config,
  HttpConfig,
  PasswordsConfig,
  PostgresConfig,
  RateLimitConfig,
  RedisConfig,
  SessionFallback,
  SessionLimitPolicy,
  SessionsConfig,
  TokensConfig,
  WindowLimit,
} from './config.js';
export { ConfigError, loadConfig } from './load-config.js';
export { redactConfig } from './redact.js';
export { resolveServerSecret } from './server-secret.js';
