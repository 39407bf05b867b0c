import type { Config } from './config.js';

const hidden = '[set]';

/** The configuration as it may be printed: secrets reduced to whether they are set, URLs without credentials. */
export function redactConfig(config: Config): Record<string, unknown> {
  return {
    ...config,
    secretKey: config.secretKey && hidden,
    tracesTo: config.tracesTo && withoutCredentials(config.tracesTo),
    http: { ...config.http, metricsToken: config.http.metricsToken && hidden },
    admin: { email: config.admin.email, password: config.admin.password && hidden },
    postgres:
      config.postgres.kind === 'server'
        ? { ...config.postgres, url: withoutCredentials(config.postgres.url) }
        : config.postgres,
    mail: config.mail && { ...config.mail, password: config.mail.password && hidden },
    redis: config.redis && {
      ...config.redis,
      url: withoutCredentials(config.redis.url),
      password: config.redis.password && hidden,
    },
  };
}

/** By pattern, because some forms list several hosts and are no URLs to the URL class. */
function withoutCredentials(url: string): string {
  return url.replace(/\/\/[^/]*@/, '//').replace(/\?.*$/, '');
}
