import { isIP } from 'node:net';
import { z } from 'zod';
import { bucketLimit, flag, integer, strongSecret, text, url, windowLimit } from './fields.js';

const day = 86_400;

const trustProxy = text().transform((value, context) => {
  if (/^\d{1,2}$/.test(value)) return Number(value);
  const networks = value.split(',').map((entry) => entry.trim());
  if (networks.every(isNetwork)) return networks;
  context.addIssue('must be a number of proxy hops or a comma-separated list of addresses and networks');
  return z.NEVER;
});

/** An address, or a network with its prefix length: `10.0.0.0/8`. Length 0 would trust everybody. */
function isNetwork(entry: string): boolean {
  const [address = '', bits = '1', ...rest] = entry.split('/');
  const longest = { 0: 0, 4: 32, 6: 128 }[isIP(address)] ?? 0;
  return rest.length === 0 && /^[1-9]\d{0,2}$/.test(bits) && Number(bits) <= longest;
}

/** `https://app.example.com, https://admin.example.com`: scheme, host and port, nothing else. */
const origins = text().transform((value, context) => {
  const entries = value.split(',').map((entry) => entry.trim());
  if (entries.every((entry) => URL.canParse(entry) && new URL(entry).origin === entry)) return entries;
  context.addIssue('must be a comma-separated list of origins such as https://app.example.com');
  return z.NEVER;
});

/** `Rollcall <no-reply@example.com>` or the bare address. */
const mailbox = text().transform((value, context) => {
  const [, name, bracketed] = /^([^<>"\r\n]*)<([^<>]+)>$/.exec(value) ?? [];
  const address = bracketed ?? value;
  if (z.email().safeParse(address).success) return { name: name?.trim() ?? '', address };
  context.addIssue('must be an e-mail address, or Name <address>');
  return z.NEVER;
});

/** The last two list several hosts, which the URL class does not know. */
const redisUrl = text().regex(
  /^(rediss?:\/\/|redis-sentinel:\/\/|redis-cluster:\/\/)[^/\s]+/,
  'must start with redis://, rediss://, redis-sentinel:// or redis-cluster://',
);

/**
 * Every variable the product reads. Durations are seconds. The defaults are those of a first `npm start`:
 * embedded database, no Redis, loopback.
 */
export const environmentSchema = z.object({
  NODE_ENV: z.enum(['production', 'development', 'test']).default('development'),
  HOST: text().default('127.0.0.1'),
  PORT: integer({ min: 0, max: 65_535 }).default(3000),
  PUBLIC_URL: url(['http:', 'https:']).optional(),
  TRUST_PROXY: trustProxy.default(0),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_REQUESTS: integer({ min: 0, max: 1_000_000 }).default(0),
  OTEL_EXPORTER_OTLP_ENDPOINT: url(['http:', 'https:']).optional(),
  SHUTDOWN_DRAIN: integer({ min: 0, max: 60 }).default(1),
  METRICS_PORT: integer({ min: 0, max: 65_535 }).optional(),
  METRICS_TOKEN: text().min(16, 'must have at least 16 characters').optional(),
  STREAM_LIMIT: integer({ min: 1, max: 10_000 }).default(500),
  STREAM_HEARTBEAT: integer({ min: 1, max: 60 }).default(15),

  DATABASE_URL: url(['postgres:', 'postgresql:']).optional(),
  DATABASE_POOL_SIZE: integer({ min: 1, max: 500 }).default(10),
  DATA_DIR: text().default('./.rollcall'),

  REDIS_ENABLED: flag().optional(),
  REDIS_URL: redisUrl.optional(),
  REDIS_USERNAME: text().optional(),
  REDIS_PASSWORD: text().optional(),
  REDIS_DB: integer({ min: 0, max: 1023 }).optional(),
  REDIS_TLS: flag().optional(),

  INSTANCE_ID: text().min(1).max(120).optional(),
  SESSION_FALLBACK: z.enum(['database', 'deny', 'token-only']).default('database'),
  SESSION_LOCAL_CACHE_MS: integer({ min: 0, max: 60_000 }).default(0),

  SECRET_KEY: strongSecret().optional(),
  ADMIN_EMAIL: z.email('must be an e-mail address').optional(),
  ADMIN_PASSWORD: z.string().optional(),

  ACCESS_TOKEN_TTL: integer({ min: 30, max: 900 }).default(600),
  ACCESS_TOKEN_AUDIENCE: text().min(1).max(255).default('rollcall'),
  SIGNING_KEY_ROTATION: integer({ min: 3600, max: 400 * day }).default(90 * day),
  SESSION_LIMIT: integer({ min: 1, max: 10_000 }).default(5),
  SESSION_LIMIT_POLICY: z.enum(['evict_oldest', 'evict_idle', 'deny', 'ask']).default('evict_oldest'),
  SESSION_IDLE_TTL: integer({ min: 60, max: 30 * day }).default(day / 2),
  SESSION_ABSOLUTE_TTL: integer({ min: 60, max: 30 * day }).default(7 * day),
  SESSION_STRICT_IDLE_TTL: integer({ min: 60, max: day }).default(3_600),
  SESSION_STRICT_ABSOLUTE_TTL: integer({ min: 60, max: 7 * day }).default(day),
  SESSION_ADMIN_IDLE_TTL: integer({ min: 60, max: day }).default(900),
  SESSION_ADMIN_ABSOLUTE_TTL: integer({ min: 60, max: 7 * day }).default(day / 2),
  SESSION_REMEMBER_IDLE_TTL: integer({ min: 60, max: 90 * day }).default(7 * day),
  SESSION_REMEMBER_ABSOLUTE_TTL: integer({ min: 60, max: 365 * day }).default(30 * day),
  SESSION_BIND_USER_AGENT: z.enum(['off', 'alert', 'end']).default('alert'),
  SESSION_ACTIVITY_FLUSH: integer({ min: 1, max: 15 }).default(10),
  REFRESH_GRACE_SECONDS: integer({ min: 0, max: 60 }).default(10),
  FRESHNESS_SECONDS: integer({ min: 30, max: day }).default(600),
  COOKIE_SAME_SITE: z.enum(['lax', 'strict']).default('lax'),
  TRUSTED_ORIGINS: origins.default([]),
  SIGN_IN_URL: url(['http:', 'https:']).optional(),
  SESSION_CLEANUP_INTERVAL: integer({ min: 10, max: day }).default(3600),
  JOBS_ENABLED: flag().optional(),
  REDIS_HEALTH_INTERVAL: integer({ min: 1, max: day }).default(300),
  SESSION_HISTORY_DAYS: integer({ min: 1, max: 3650 }).default(90),
  RETENTION_EVENTS_DAYS: integer({ min: 1, max: 3650 }).default(90),
  RETENTION_AUDIT_DAYS: integer({ min: 1, max: 3650 }).default(400),

  ANALYTICS_FINE_DAYS: integer({ min: 2, max: 3650 }).default(90),
  ANALYTICS_DAILY_DAYS: integer({ min: 2, max: 36_500 }).default(730),

  SMTP_URL: url(['smtp:', 'smtps:']).optional(),
  SMTP_REQUIRE_TLS: flag().optional(),
  MAIL_FROM: mailbox.optional(),

  WEBHOOK_ALLOW_PRIVATE: flag().optional(),
  WEBHOOK_TIMEOUT: integer({ min: 1, max: 30 }).default(15),
  WEBHOOK_HISTORY_DAYS: integer({ min: 1, max: 365 }).default(14),

  RATE_LIMIT_ENABLED: flag().optional(),
  RATE_LIMIT_GLOBAL: windowLimit().default({ limit: 300, seconds: 60 }),
  RATE_LIMIT_AUTH: windowLimit().default({ limit: 10, seconds: 60 }),
  RATE_LIMIT_ACCOUNT: windowLimit().default({ limit: 5, seconds: 900 }),
  RATE_LIMIT_CHALLENGE: windowLimit().default({ limit: 30, seconds: 60 }),
  RATE_LIMIT_USER: bucketLimit().default({ rate: 20, seconds: 1, burst: 60 }),
  RATE_LIMIT_CLIENT: bucketLimit().default({ rate: 200, seconds: 1, burst: 1000 }),

  PASSWORD_MIN_LENGTH: integer({ min: 8, max: 64 }).default(15),
  PASSWORD_HASH_MEMORY_KIB: integer({ min: 19_456, max: 1_048_576 }).default(19_456),
  PASSWORD_HASH_ITERATIONS: integer({ min: 2, max: 20 }).default(2),
  PASSWORD_HASH_CONCURRENCY: integer({ min: 1, max: 64 }).optional(),
});

export type Environment = z.infer<typeof environmentSchema>;
