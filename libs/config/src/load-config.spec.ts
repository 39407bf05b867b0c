import { randomBytes } from 'node:crypto';
import { environmentSchema } from './environment.schema.js';
import { ConfigError, loadConfig } from './load-config.js';
import { problemsOf } from './testing/problems-of.js';

const strongSecret = '5f2c1d94b07ea8365f2c1d94b07ea836e1';

describe(loadConfig.name, () => {
  it('starts a first run from an empty environment: loopback, embedded database, no Redis', () => {
    expect(loadConfig({})).toMatchObject({
      production: false,
      logLevel: 'info',
      secretKey: null,
      http: {
        host: '127.0.0.1',
        port: 3000,
        publicUrl: 'http://localhost:3000',
        trustProxy: 0,
        shutdownDrainSeconds: 1,
      },
      postgres: { kind: 'embedded' },
      redis: null,
      tokens: { issuer: 'http://localhost:3000', audience: 'rollcall', accessTtlSeconds: 600 },
      sessions: {
        limit: 5,
        limitPolicy: 'evict_oldest',
        lifetimes: {
          standard: { idleSeconds: 12 * 3600, absoluteSeconds: 7 * 24 * 3600 },
          strict: { idleSeconds: 3600, absoluteSeconds: 24 * 3600 },
          admin: { idleSeconds: 900, absoluteSeconds: 12 * 3600 },
          remember: { idleSeconds: 7 * 24 * 3600, absoluteSeconds: 30 * 24 * 3600 },
        },
      },
      passwords: { minLength: 15, memoryKib: 19_456, iterations: 2 },
      rateLimit: {
        enabled: true,
        global: { limit: 300, seconds: 60 },
        auth: { limit: 10, seconds: 60 },
        account: { limit: 5, seconds: 900 },
        challenge: { limit: 30, seconds: 60 },
        user: { rate: 20, seconds: 1, burst: 60 },
        client: { rate: 200, seconds: 1, burst: 1000 },
      },
    });
  });

  it('reads a full environment', () => {
    const config = loadConfig({
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: '8080',
      PUBLIC_URL: 'https://id.corp.test/',
      TRUST_PROXY: '10.0.0.0/8, ::1',
      DATABASE_URL: 'postgres://rollcall@db/rollcall',
      DATABASE_POOL_SIZE: '25',
      REDIS_URL: 'rediss://cache:6380',
      REDIS_DB: '3',
      SECRET_KEY: strongSecret,
      SESSION_LIMIT_POLICY: 'deny',
      PASSWORD_HASH_CONCURRENCY: '7',
    });

    expect(config).toMatchObject({
      production: true,
      secretKey: strongSecret,
      http: {
        host: '0.0.0.0',
        port: 8080,
        publicUrl: 'https://id.corp.test',
        trustProxy: ['10.0.0.0/8', '::1'],
      },
      postgres: { kind: 'server', url: 'postgres://rollcall@db/rollcall', poolSize: 25 },
      redis: { url: 'rediss://cache:6380', db: 3, tls: true },
      tokens: { issuer: 'https://id.corp.test' },
      sessions: { limitPolicy: 'deny' },
      passwords: { concurrency: 7 },
    });
  });

  it('counts an empty or blank value as absent, as compose files and shells produce it', () => {
    expect(loadConfig({ PORT: '', DATABASE_URL: '  ', REDIS_URL: undefined })).toEqual(loadConfig({}));
  });

  it('leaves Redis off when it is switched off, whatever else is said about it', () => {
    expect(loadConfig({ REDIS_ENABLED: 'false', REDIS_URL: 'redis://cache' }).redis).toBeNull();
  });

  it('freezes the result to its depth', () => {
    const config = loadConfig({ TRUST_PROXY: '10.0.0.1', REDIS_URL: 'redis://cache' });
    const parts = [config, ...Object.values(config), config.http.trustProxy].filter(
      (part) => typeof part === 'object' && part !== null,
    );

    expect(parts.length).toBeGreaterThan(8);
    expect(parts.filter((part) => !Object.isFrozen(part))).toEqual([]);
  });

  it('lists every bad variable in one error, one line each', () => {
    const problems = problemsOf({
      NODE_ENV: 'staging',
      PORT: '70000',
      PUBLIC_URL: 'ftp://id.corp.test',
      TRUST_PROXY: 'everybody',
      DATABASE_URL: 'mysql://db/rollcall',
      REDIS_TLS: 'maybe',
      SECRET_KEY: 'short',
      ADMIN_EMAIL: 'nobody',
      SESSION_LIMIT: '0',
      SESSION_IDLE_TTL: '12h',
      REDIS_ULR: 'redis://cache',
    });

    expect(new Set(problems.map((problem) => problem.split(' ')[0]))).toEqual(
      new Set([
        'ADMIN_EMAIL',
        'DATABASE_URL',
        'NODE_ENV',
        'PORT',
        'PUBLIC_URL',
        'REDIS_TLS',
        'REDIS_ULR',
        'SECRET_KEY',
        'SESSION_IDLE_TTL',
        'SESSION_LIMIT',
        'TRUST_PROXY',
      ]),
    );
    expect(problems.filter((problem) => problem.includes('\n'))).toEqual([]);
  });

  it.each([
    ['PORT', ['-1', '65536', '1e3', '0x10', '80.5', ' ', 'http', '٣٠٠٠'], '65535'],
    ['ACCESS_TOKEN_TTL', ['29', '901'], '900'],
    ['SESSION_LIMIT', ['0', '-5', '10001'], '1'],
    ['SESSION_ABSOLUTE_TTL', ['59', '2592001'], '2592000'],
    ['PASSWORD_MIN_LENGTH', ['7', '65'], '8'],
    ['PASSWORD_HASH_MEMORY_KIB', ['19455'], '19456'],
    ['PASSWORD_HASH_ITERATIONS', ['1'], '2'],
    ['SESSION_LIMIT_POLICY', ['evict', 'EVICT_OLDEST'], 'evict_idle'],
    ['LOG_LEVEL', ['loud'], 'debug'],
    ['RATE_LIMIT_GLOBAL', ['300', '300/0', '0/60', '300/60/1', '-1/60', '1.5/60', '1/86401'], '3000/60'],
    ['RATE_LIMIT_USER', ['20/1', '0/1/60', '20/1/0', 'x/1/60'], '5/1/10'],
    ['RATE_LIMIT_ENABLED', ['yes', 'off'], 'false'],
    ['REDIS_URL', ['cache:6379', 'http://cache', 'unix:///tmp/redis'], 'rediss://cache'],
    [
      'MAIL_FROM',
      ['nobody', 'A <b@c.test>, d@e.test', 'A <>', 'A\r\nBcc: x@y.test <a@b.test>'],
      'A B <a@b.test>',
    ],
    ['DATABASE_URL', ['db/rollcall', 'http://db'], 'postgresql://db/rollcall'],
    ['PUBLIC_URL', ['id.corp.test', 'javascript:alert(1)'], 'https://id.corp.test'],
    [
      'TRUST_PROXY',
      [
        'yes',
        '10.0.0',
        '10.0.0.0/8,all',
        '10.0.0.0/33',
        '::1/129',
        '10.0.0.0/',
        '10.0.0.0/8/8',
        '0.0.0.0/0',
        '100',
      ],
      '2',
    ],
  ])('refuses what %s cannot be', (name, bad, good) => {
    const refused = bad.filter((value) => value.trim() !== '');

    expect(refused.filter((value) => problemsOf({ [name]: value }).length !== 1)).toEqual([]);
    expect(problemsOf({ [name]: good })).toEqual([]);
  });

  it.each([
    [{ NODE_ENV: 'production', DATABASE_URL: 'postgres://db/rollcall' }, 'SECRET_KEY is required'],
    [{ REDIS_ENABLED: 'true' }, 'REDIS_URL is required'],
    [{ SESSION_IDLE_TTL: '7200', SESSION_ABSOLUTE_TTL: '3600' }, 'SESSION_IDLE_TTL must not exceed'],
    [{ SMTP_URL: 'smtp://mail.corp.test' }, 'MAIL_FROM is required'],
    [{ SMTP_URL: 'smtp://a%zz@mail', MAIL_FROM: 'a@b.test' }, 'SMTP_URL must name a host'],
    [{ ADMIN_PASSWORD: 'four words make one' }, 'ADMIN_EMAIL is required'],
    [{ ADMIN_EMAIL: 'ann@corp.test', ADMIN_PASSWORD: 'short' }, 'ADMIN_PASSWORD must have at least 15'],
  ])('v5.0.0-7.1.1 refuses values that contradict each other: %j', (environment, problem) => {
    expect(problemsOf(environment)).toEqual([expect.stringContaining(problem)]);
  });

  it('sends mail only with a server, and without TLS only outside production', () => {
    const mail = (url: string, more: Record<string, string> = {}) =>
      loadConfig({ SMTP_URL: url, MAIL_FROM: 'Rollcall <no-reply@corp.test>', ...more }).mail;

    expect(loadConfig({ MAIL_FROM: 'no-reply@corp.test' }).mail).toBeNull();
    expect(mail('smtp://ann%40corp.test:p%3Ass@[::1]')).toEqual({
      host: '::1',
      port: 587,
      secure: false,
      requireTls: false,
      user: 'ann@corp.test',
      password: 'p:ss',
      from: { name: 'Rollcall', address: 'no-reply@corp.test' },
    });
    expect(mail('smtps://mail.corp.test')).toMatchObject({ port: 465, secure: true, user: null });
    expect(mail('smtp://mail:25', { NODE_ENV: 'production' })).toMatchObject({ port: 25, requireTls: true });
    const relaxed = { NODE_ENV: 'production', SMTP_REQUIRE_TLS: 'false' };
    expect(mail('smtp://mail:25', relaxed)).toMatchObject({ requireTls: false });
  });

  it('lets an embedded installation in production make its own secret', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toEqual([]);
  });

  it('counts the administrator password in code points', () => {
    expect(problemsOf({ ADMIN_EMAIL: 'ann@corp.test', ADMIN_PASSWORD: '🙂'.repeat(15) })).toEqual([]);
    expect(problemsOf({ ADMIN_EMAIL: 'ann@corp.test', ADMIN_PASSWORD: '🙂'.repeat(14) })).toHaveLength(1);
  });

  it.each([
    ['shorter than 32 characters', strongSecret.slice(0, 31)],
    ['a tutorial value', 'your_jwt_secret_that_is_long_enough_1234'],
    ['a value to be changed', `changeme-${strongSecret}`],
    ['a value to be changed, spelled otherwise', `CHANGE_ME_${strongSecret}`],
    ['an example', `example-${strongSecret}`],
    ['a name of the thing', `secret_key_${strongSecret}`],
    ['one character repeated', 'a'.repeat(64)],
    ['a short pattern repeated', '0123abcd'.repeat(8)],
    ['blanks around too little', ` ${strongSecret.slice(0, 30)} `],
  ])('v5.0.0-13.2.3 RFC 8725 §3.5 refuses a SECRET_KEY that is %s', (_what, value) => {
    expect(problemsOf({ SECRET_KEY: value })).toEqual([expect.stringMatching(/^SECRET_KEY /)]);
  });

  it('accepts what openssl rand -hex 32 makes', () => {
    const made = Array.from({ length: 200 }, () => randomBytes(32).toString('hex'));

    expect(made.filter((value) => problemsOf({ SECRET_KEY: value }).length > 0)).toEqual([]);
  });

  it('never repeats a value, since any of them may be a secret', () => {
    const marker = 'hunter2-SENTINEL';
    const names = Object.keys(environmentSchema.shape);
    const bad = Object.fromEntries(names.map((name) => [name, `\u0000${marker}`]));

    const problems = problemsOf({ ...bad, REDIS_PASWORD: marker });

    expect(problems.length).toBeGreaterThan(20);
    expect(problems.filter((problem) => problem.includes('SENTINEL'))).toEqual([]);
    expect(new ConfigError(problems).message).not.toContain('SENTINEL');
  });
});
