import { loadConfig } from '@app/config';
import { weakSettings } from './settings.js';

/** Behind a proxy, on servers elsewhere. */
const sound = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://id.corp.test',
  TRUST_PROXY: '1',
  DATABASE_URL: 'postgres://rollcall@db.corp.test/rollcall?sslmode=verify-full',
  REDIS_URL: 'rediss://cache.corp.test',
  REDIS_PASSWORD: 'of the cache',
  SECRET_KEY: '5f2c1d94b07ea8365f2c1d94b07ea836',
};

const weak = (change: Readonly<Record<string, string>>): readonly string[] =>
  weakSettings(loadConfig({ ...sound, ...change }));

describe(weakSettings, () => {
  it.each<[what: string, environment: Readonly<Record<string, string>>]>([
    ['servers elsewhere, in the dark', {}],
    [
      'servers of this machine, in the clear',
      {
        DATABASE_URL: 'postgres://127.0.0.1/rollcall',
        REDIS_URL: 'redis://localhost:6379',
        REDIS_PASSWORD: '',
      },
    ],
    [
      'a first look',
      {
        NODE_ENV: '',
        PUBLIC_URL: '',
        TRUST_PROXY: '',
        DATABASE_URL: '',
        REDIS_URL: '',
        SECRET_KEY: '',
      },
    ],
  ])('says nothing about %s', (_what, environment) => {
    expect(weak(environment)).toEqual([]);
  });

  it.each<[id: string, environment: Readonly<Record<string, string>>]>([
    ['config.public_url_insecure', { PUBLIC_URL: 'http://id.corp.test' }],
    ['config.not_production', { NODE_ENV: 'development' }],
    ['config.proxy_untrusted', { TRUST_PROXY: '0' }],
    ['config.secret_short', { SECRET_KEY: '314159265358979323846264338327950' }],
    ['config.secret_in_folder', { SECRET_KEY: '', NODE_ENV: '', PUBLIC_URL: '' }],
    ['config.token_only', { SESSION_FALLBACK: 'token-only' }],
    ['config.limits_off', { RATE_LIMIT_ENABLED: 'false' }],
    ['config.database_in_the_clear', { DATABASE_URL: 'postgres://db.corp.test/rollcall?sslmode=prefer' }],
    ['config.redis_in_the_clear', { REDIS_URL: 'redis://cache.corp.test' }],
    ['config.redis_in_the_clear', { REDIS_PASSWORD: '' }],
    ['config.redis_in_the_clear', { REDIS_URL: 'redis-sentinel://localhost:26379,10.0.0.7:26379/rollcall' }],
  ])('tells %s of %j', (id, environment) => {
    expect(weak(environment)).toEqual([id]);
  });
});
