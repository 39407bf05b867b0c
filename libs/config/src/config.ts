import { availableParallelism, hostname } from 'node:os';
import { resolve } from 'node:path';
import { type AnalyticsConfig, analyticsConfig } from './analytics-config.js';
import type { Environment } from './environment.schema.js';
import { type MailConfig, mailConfig } from './mail-config.js';

export interface HttpConfig {
  readonly host: string;
  readonly port: number;
  /** Base URL that clients use; also the `iss` of every token, so it must be the same on all instances. */
  readonly publicUrl: string;
  readonly trustProxy: number | readonly string[];
  /** One in so many requests has a line in the log; 0: only failures. */
  readonly loggedRequests: number;
  /** Seconds between "not ready" and closing the listener. */
  readonly shutdownDrainSeconds: number;
  /** Where /metrics is served in place of `port`, to whoever reaches it; null: on `port`. */
  readonly metricsPort: number | null;
  /** Bearer token for /metrics; without one only this machine may read them on `port`. */
  readonly metricsToken: string | null;
}

/** Replies that do not end by themselves. */
export interface StreamsConfig {
  /** Per instance. */
  readonly limit: number;
  /** Between two signs of life, and two looks at who listens. */
  readonly heartbeatSeconds: number;
}

export type PostgresConfig =
  | { readonly kind: 'embedded'; readonly dataDir: string }
  | { readonly kind: 'server'; readonly url: string; readonly poolSize: number };

export interface RedisConfig {
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly db?: number;
  readonly tls: boolean;
}

export interface TokensConfig {
  readonly issuer: string;
  readonly audience: string;
  readonly accessTtlSeconds: number;
  /** How long a key signs before its successor takes over. */
  readonly keyRotationSeconds: number;
  /** For how long a key that no longer signs can still tell whose expired token it signed. */
  readonly keyHistoryDays: number;
}

export type SessionLimitPolicy = Environment['SESSION_LIMIT_POLICY'];

export type AgentBinding = Environment['SESSION_BIND_USER_AGENT'];

export type SessionFallback = Environment['SESSION_FALLBACK'];

export interface SessionsConfig {
  /** The same after a restart of this machine or slot. */
  readonly instanceName: string;
  /** What answers while Redis is away. */
  readonly fallback: SessionFallback;
  /** Milliseconds for which a session may be answered from this process's memory; 0 turns that off. */
  readonly localCacheMs: number;
  readonly limit: number;
  readonly limitPolicy: SessionLimitPolicy;
  readonly lifetimes: Readonly<Record<SessionProfile, SessionLifetime>>;
  /** Seconds in which a refresh token that was just spent yields the same child again. */
  readonly refreshGraceSeconds: number;
  /** Seconds for which uses of sessions are gathered before they are written. */
  readonly activityFlushSeconds: number;
  /** What a change of browser or system inside a session leads to. */
  readonly bindUserAgent: AgentBinding;
}

/** How long a session may live; chosen at sign-in, except that administrators always get `admin`. */
export type SessionProfile = 'standard' | 'strict' | 'admin' | 'remember';

export interface SessionLifetime {
  /** Without use. */
  readonly idleSeconds: number;
  /** In all. */
  readonly absoluteSeconds: number;
}

export interface TransportConfig {
  /** Origin of PUBLIC_URL and TRUSTED_ORIGINS: the pages that may act with the cookies. */
  readonly origins: readonly string[];
  /** `__Host-` names and the Secure attribute; by the scheme of PUBLIC_URL. */
  readonly secureCookies: boolean;
  readonly sameSite: 'lax' | 'strict';
  /** Where people without a session are sent who open a page behind a reverse proxy that asks us; null: nowhere. */
  readonly signInUrl: string | null;
  /** Seconds after a proof of the password in which dangerous routes may be used. */
  readonly freshnessSeconds: number;
}

/** Work that follows a clock, not a request: cleanup, mail, the look at Redis. */
export interface JobsConfig {
  /** False in an API process beside which a worker runs them. */
  readonly enabled: boolean;
  readonly redisHealthSeconds: number;
}

/** What operators' services are told of events. */
export interface WebhooksConfig {
  /** Also to addresses of private networks and this machine, and without TLS. */
  readonly allowPrivate: boolean;
  /** For one try, from the name to the end of the answer. */
  readonly timeoutSeconds: number;
  /** For how long a delivery that is over can still tell how it went, and be sent again. */
  readonly historyDays: number;
}

/** Removal of what nobody needs any more. */
export interface CleanupConfig {
  readonly intervalSeconds: number;
  /** For how long an ended session can still tell why it ended. */
  readonly historyDays: number;
  /** For how long what happened is in the event log. */
  readonly eventDays: number;
  /** For how long it can be told who did what. */
  readonly auditDays: number;
}

export interface PasswordsConfig {
  /** Code points. */
  readonly minLength: number;
  readonly memoryKib: number;
  readonly iterations: number;
  /** Hashes computed at the same time. */
  readonly concurrency: number;
}

/** So many in any window of that length. */
export interface WindowLimit {
  readonly limit: number;
  readonly seconds: number;
}

/** So many at once, and `rate` more every `seconds`. */
export interface BucketLimit {
  readonly rate: number;
  readonly seconds: number;
  readonly burst: number;
}

export interface RateLimitConfig {
  /** False switches off limits, account protection and challenges. */
  readonly enabled: boolean;
  readonly global: WindowLimit;
  readonly auth: WindowLimit;
  /** Failed sign-ins of one account from one network. */
  readonly account: WindowLimit;
  readonly challenge: WindowLimit;
  readonly user: BucketLimit;
  readonly client: BucketLimit;
}

export interface Config {
  /** Base address of the receiver of traces; null: none are made. */
  readonly tracesTo: string | null;
  readonly production: boolean;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly dataDir: string;
  readonly secretKey: string | null;
  readonly admin: { readonly email?: string; readonly password?: string };
  readonly http: HttpConfig;
  readonly streams: StreamsConfig;
  readonly postgres: PostgresConfig;
  /** null: run without Redis, which is the same path as surviving its loss. */
  readonly redis: RedisConfig | null;
  readonly tokens: TokensConfig;
  readonly sessions: SessionsConfig;
  readonly cleanup: CleanupConfig;
  readonly analytics: AnalyticsConfig;
  readonly passwords: PasswordsConfig;
  readonly mail: MailConfig | null;
  readonly webhooks: WebhooksConfig;
  readonly jobs: JobsConfig;
  readonly transport: TransportConfig;
  readonly rateLimit: RateLimitConfig;
}

/** The default does not follow PORT: instances on several ports must issue and accept the same tokens. */
const defaultPublicUrl = 'http://localhost:3000';

export function toConfig(env: Environment): Config {
  const publicUrl = (env.PUBLIC_URL ?? defaultPublicUrl).replace(/\/+$/, '');
  const dataDir = resolve(env.DATA_DIR);
  return {
    production: env.NODE_ENV === 'production',
    logLevel: env.LOG_LEVEL,
    tracesTo: env.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    dataDir,
    secretKey: env.SECRET_KEY ?? null,
    admin: { email: env.ADMIN_EMAIL, password: env.ADMIN_PASSWORD },
    http: {
      host: env.HOST,
      port: env.PORT,
      publicUrl,
      trustProxy: env.TRUST_PROXY,
      loggedRequests: env.LOG_REQUESTS,
      shutdownDrainSeconds: env.SHUTDOWN_DRAIN,
      metricsPort: env.METRICS_PORT ?? null,
      metricsToken: env.METRICS_TOKEN ?? null,
    },
    streams: { limit: env.STREAM_LIMIT, heartbeatSeconds: env.STREAM_HEARTBEAT },
    postgres: env.DATABASE_URL
      ? { kind: 'server', url: env.DATABASE_URL, poolSize: env.DATABASE_POOL_SIZE }
      : { kind: 'embedded', dataDir },
    redis: redisConfig(env),
    tokens: {
      issuer: publicUrl,
      audience: env.ACCESS_TOKEN_AUDIENCE,
      accessTtlSeconds: env.ACCESS_TOKEN_TTL,
      keyRotationSeconds: env.SIGNING_KEY_ROTATION,
      keyHistoryDays: env.SESSION_HISTORY_DAYS,
    },
    sessions: {
      instanceName: env.INSTANCE_ID ?? `${hostname()}:${env.PORT}`,
      fallback: env.SESSION_FALLBACK,
      localCacheMs: env.SESSION_LOCAL_CACHE_MS,
      limit: env.SESSION_LIMIT,
      limitPolicy: env.SESSION_LIMIT_POLICY,
      lifetimes: lifetimes(env),
      refreshGraceSeconds: env.REFRESH_GRACE_SECONDS,
      activityFlushSeconds: env.SESSION_ACTIVITY_FLUSH,
      bindUserAgent: env.SESSION_BIND_USER_AGENT,
    },
    transport: {
      origins: [new URL(publicUrl).origin, ...env.TRUSTED_ORIGINS],
      secureCookies: publicUrl.startsWith('https:'),
      sameSite: env.COOKIE_SAME_SITE,
      signInUrl: env.SIGN_IN_URL ?? null,
      freshnessSeconds: env.FRESHNESS_SECONDS,
    },
    mail: mailConfig(env),
    webhooks: {
      allowPrivate: env.WEBHOOK_ALLOW_PRIVATE ?? false,
      timeoutSeconds: env.WEBHOOK_TIMEOUT,
      historyDays: env.WEBHOOK_HISTORY_DAYS,
    },
    jobs: { enabled: env.JOBS_ENABLED ?? true, redisHealthSeconds: env.REDIS_HEALTH_INTERVAL },
    cleanup: {
      intervalSeconds: env.SESSION_CLEANUP_INTERVAL,
      historyDays: env.SESSION_HISTORY_DAYS,
      eventDays: env.RETENTION_EVENTS_DAYS,
      auditDays: env.RETENTION_AUDIT_DAYS,
    },
    analytics: analyticsConfig(env),
    passwords: {
      minLength: env.PASSWORD_MIN_LENGTH,
      memoryKib: env.PASSWORD_HASH_MEMORY_KIB,
      iterations: env.PASSWORD_HASH_ITERATIONS,
      // One core stays free, so that a flood of sign-ins does not slow the session checks of everybody else.
      concurrency: env.PASSWORD_HASH_CONCURRENCY ?? Math.max(1, availableParallelism() - 1),
    },
    rateLimit: {
      enabled: env.RATE_LIMIT_ENABLED ?? true,
      global: env.RATE_LIMIT_GLOBAL,
      auth: env.RATE_LIMIT_AUTH,
      account: env.RATE_LIMIT_ACCOUNT,
      challenge: env.RATE_LIMIT_CHALLENGE,
      user: env.RATE_LIMIT_USER,
      client: env.RATE_LIMIT_CLIENT,
    },
  };
}

function lifetimes(env: Environment): SessionsConfig['lifetimes'] {
  const { SESSION_IDLE_TTL, SESSION_ABSOLUTE_TTL } = env;
  return {
    standard: { idleSeconds: SESSION_IDLE_TTL, absoluteSeconds: SESSION_ABSOLUTE_TTL },
    strict: {
      idleSeconds: env.SESSION_STRICT_IDLE_TTL,
      absoluteSeconds: env.SESSION_STRICT_ABSOLUTE_TTL,
    },
    admin: { idleSeconds: env.SESSION_ADMIN_IDLE_TTL, absoluteSeconds: env.SESSION_ADMIN_ABSOLUTE_TTL },
    remember: {
      idleSeconds: env.SESSION_REMEMBER_IDLE_TTL,
      absoluteSeconds: env.SESSION_REMEMBER_ABSOLUTE_TTL,
    },
  };
}

function redisConfig(env: Environment): RedisConfig | null {
  if (!env.REDIS_URL || env.REDIS_ENABLED === false) return null;
  return {
    url: env.REDIS_URL,
    username: env.REDIS_USERNAME,
    password: env.REDIS_PASSWORD,
    db: env.REDIS_DB,
    tls: env.REDIS_TLS ?? env.REDIS_URL.startsWith('rediss:'),
  };
}
