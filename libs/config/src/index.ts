export type { AnalyticsConfig } from './analytics-config.js';
export { bootProblems } from './boot-problems.js';
export type {
  AgentBinding,
  CleanupConfig,
  BucketLimit,
  Config,
  HttpConfig,
  JobsConfig,
  PasswordsConfig,
  PostgresConfig,
  RateLimitConfig,
  RedisConfig,
  SessionFallback,
  SessionLifetime,
  SessionLimitPolicy,
  SessionProfile,
  SessionsConfig,
  StreamsConfig,
  TokensConfig,
  TransportConfig,
  WindowLimit,
  WebhooksConfig,
} from './config.js';
export type { MailConfig } from './mail-config.js';
export { ConfigError, loadConfig } from './load-config.js';
export { redactConfig } from './redact.js';
export { resolveServerSecret } from './server-secret.js';
