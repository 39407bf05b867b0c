import { environmentSchema } from './environment.schema.js';
import { problemsOf } from './testing/problems-of.js';

describe('variables that are not settings', () => {
  it.each([
    ['SESSION_LIMT', 'SESSION_LIMIT'],
    ['SESION_LIMIT', null],
    ['REDIS_ULR', 'REDIS_URL'],
    ['REDIS_TL', 'REDIS_TLS'],
    ['ACCESS_TOKEN_TLT', 'ACCESS_TOKEN_TTL'],
    ['ADMIN_PASWORD', 'ADMIN_PASSWORD'],
    ['RETENTION_AUDIT_DAY', 'RETENTION_AUDIT_DAYS'],
    ['ANALYTICS_DAYLY_DAYS', 'ANALYTICS_DAILY_DAYS'],
    ['STREAM_LIMITS', 'STREAM_LIMIT'],
    ['REFRESH_GRACE_SECOND', 'REFRESH_GRACE_SECONDS'],
  ])('are refused under a prefix of ours, with the closest name: %s', (name, suggestion) => {
    const expected = suggestion ? [`${name} is not a known setting; did you mean ${suggestion}?`] : [];

    expect(problemsOf({ [name]: 'x' })).toEqual(expected);
  });

  it('are refused in every family of settings, but for DATABASE_, under which platforms give more', () => {
    const words = Object.keys(environmentSchema.shape).map((name) => name.split('_')[0]!);
    const families = new Set(words.filter((word, index) => words.indexOf(word) !== index));
    const longer: Readonly<Record<string, string>> = { ACCESS: 'ACCESS_TOKEN', RATE: 'RATE_LIMIT' };
    const accepted = [...families].filter(
      (family) => problemsOf({ [`${longer[family] ?? family}_COLOUR`]: 'blue' }).length === 0,
    );

    expect(families.size).toBeGreaterThan(12);
    expect(accepted).toEqual(['DATABASE']);
  });

  it('are refused without a suggestion when nothing is near', () => {
    expect(problemsOf({ SESSION_COLOUR: 'blue' })).toEqual(['SESSION_COLOUR is not a known setting']);
  });

  it.each([
    ['a desktop', { SESSION_MANAGER: 'local/host:@/tmp/.ICE-unix/1,unix/host:/tmp/.ICE-unix/1' }],
    ['a password manager', { PASSWORD_STORE_DIR: '/srv/pass' }],
    [
      'Kubernetes',
      {
        REDIS_SERVICE_HOST: '10.0.0.7',
        REDIS_SERVICE_PORT: '6379',
        REDIS_SERVICE_PORT_REDIS: '6379',
        REDIS_PORT: 'tcp://10.0.0.7:6379',
        REDIS_PORT_6379_TCP: 'tcp://10.0.0.7:6379',
        REDIS_PORT_6379_TCP_ADDR: '10.0.0.7',
        REDIS_MASTER_SERVICE_HOST: '10.0.0.8',
        SESSION_CACHE_PORT_8080_UDP_PROTO: 'udp',
      },
    ],
    ['anybody else', { PATH: '/bin', HOME: '/', LANG: 'C', npm_config_cache: '/tmp' }],
  ])('are accepted when they come from %s', (_whom, environment) => {
    expect(problemsOf(environment)).toEqual([]);
  });
});
