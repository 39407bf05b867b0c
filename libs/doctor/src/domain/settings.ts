import type { Config } from '@app/config';
import type { FindingId } from './catalogue.js';

type Settings = Pick<
  Config,
  'production' | 'http' | 'secretKey' | 'postgres' | 'redis' | 'sessions' | 'rateLimit'
>;

/** What of a configuration is allowed and yet unwise. */
export function weakSettings(config: Settings): FindingId[] {
  const { hostname, protocol } = new URL(config.http.publicUrl);
  const isPublic = !isThisMachine(hostname);
  const onServer = config.postgres.kind === 'server';
  const found: Partial<Record<FindingId, boolean>> = {
    'config.public_url_insecure': config.production && protocol === 'http:',
    'config.not_production': isPublic && !config.production,
    'config.proxy_untrusted': protocol === 'https:' && config.http.trustProxy === 0,
    'config.secret_short': config.secretKey !== null && bitsOf(config.secretKey) < 128,
    'config.secret_in_folder': onServer && config.secretKey === null,
    'config.token_only': config.sessions.fallback === 'token-only',
    'config.limits_off': !config.rateLimit.enabled,
    'config.database_in_the_clear': isInTheClear(config.postgres),
    'config.redis_in_the_clear': isUnprotected(config.redis),
  };
  return (Object.keys(found) as FindingId[]).filter((id) => found[id]);
}

/** At most: as if each character were drawn from the smallest usual alphabet that holds them all. */
function bitsOf(secret: string): number {
  if (/^\d*$/.test(secret)) return secret.length * Math.log2(10);
  return secret.length * (/^[0-9a-f]*$/i.test(secret) ? 4 : 5.9);
}

function isInTheClear(postgres: Settings['postgres']): boolean {
  if (postgres.kind === 'embedded') return false;
  const { hostname, searchParams } = new URL(postgres.url);
  const mode = searchParams.get('sslmode') ?? 'disable';
  return !isThisMachine(hostname) && !['require', 'verify-ca', 'verify-full'].includes(mode);
}

function isUnprotected(redis: Settings['redis']): boolean {
  if (!redis) return false;
  const [, authority = ''] = /^[a-z-]+:\/\/([^/?]*)/.exec(redis.url) ?? [];
  const hosts = authority.split('@').at(-1)!.split(',');
  const isElsewhere = hosts.some((host) => !isThisMachine(host.replace(/:\d+$/, '')));
  const hasPassword = redis.password !== undefined || authority.includes('@');
  return isElsewhere && !(redis.tls && hasPassword);
}

function isThisMachine(host: string): boolean {
  return host === '' || host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}
