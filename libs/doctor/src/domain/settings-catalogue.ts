import type { Meaning } from './finding.js';

/** Of settings that are allowed and yet unwise. */
export const settingsCatalogue = {
  'config.public_url_insecure': {
    severity: 'error',
    means:
      'PUBLIC_URL is http in production: cookies are neither Secure nor __Host-, and tokens travel in the clear.',
    todo: 'put TLS in front and set PUBLIC_URL to https://…',
  },
  'config.not_production': {
    severity: 'warning',
    means: 'PUBLIC_URL is not this machine, and NODE_ENV is not production: weak settings are accepted.',
    todo: 'set NODE_ENV=production',
  },
  'config.proxy_untrusted': {
    severity: 'warning',
    means:
      'PUBLIC_URL is https, so a proxy ends TLS, and TRUST_PROXY trusts none: all clients share its address and its limits.',
    todo: 'set TRUST_PROXY to the hops or networks of the proxies',
  },
  'config.one_address': {
    severity: 'warning',
    means: 'Nearly all people sign in from one address, which is probably a proxy.',
    todo: 'set TRUST_PROXY to the hops or networks of the proxies',
  },
  'config.secret_short': {
    severity: 'warning',
    means: 'SECRET_KEY holds less than 128 random bits.',
    todo: 'new installations: openssl rand -hex 32. It cannot be changed later',
  },
  'config.secret_in_folder': {
    severity: 'warning',
    means:
      'DATABASE_URL is set and SECRET_KEY is not: each machine makes a secret of its own, and a second one cannot start.',
    todo: 'set SECRET_KEY to what DATA_DIR/secret.key holds',
  },
  'config.token_only': {
    severity: 'warning',
    means:
      'SESSION_FALLBACK=token-only: while Redis is away ended sessions are accepted until their token expires.',
    todo: 'SESSION_FALLBACK=database',
  },
  'config.limits_off': {
    severity: 'warning',
    means: 'RATE_LIMIT_ENABLED=false: passwords may be guessed at any speed.',
    todo: 'remove it',
  },
  'config.database_in_the_clear': {
    severity: 'warning',
    means: 'DATABASE_URL is another machine and asks for no TLS.',
    todo: 'add sslmode=verify-full',
  },
  'config.redis_in_the_clear': {
    severity: 'warning',
    means: 'REDIS_URL is another machine and has no TLS or no password.',
    todo: 'use rediss:// and REDIS_PASSWORD',
  },
} as const satisfies Record<string, Meaning>;
