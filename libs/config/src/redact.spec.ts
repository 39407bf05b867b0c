import { loadConfig } from './load-config.js';
import { redactConfig } from './redact.js';

const secrets = {
  SECRET_KEY: '5f2c1d94b07ea8365f2c1d94b07ea836e1-SENTINEL',
  ADMIN_EMAIL: 'ann@corp.test',
  ADMIN_PASSWORD: 'four words SENTINEL here',
  DATABASE_URL: 'postgres://rollcall:SENTINEL@db:5432/rollcall?password=SENTINEL&sslpassword=SENTINEL',
  REDIS_URL: 'redis://user:SENTINEL@cache:6379/2?password=SENTINEL',
  REDIS_PASSWORD: 'SENTINEL',
  SMTP_URL: 'smtp://user:SENTINEL@mail',
  MAIL_FROM: 'no-reply@corp.test',
};

describe(redactConfig.name, () => {
  it('v5.0.0-16.2.5 shows no secret, only that it is set', () => {
    const printed = redactConfig(loadConfig(secrets));

    expect(JSON.stringify(printed)).not.toContain('SENTINEL');
    expect(printed).toMatchObject({
      secretKey: '[set]',
      admin: { email: 'ann@corp.test', password: '[set]' },
      postgres: { url: 'postgres://db:5432/rollcall' },
      redis: { url: 'redis://cache:6379/2', password: '[set]' },
    });
  });

  it('shows everything else as it is, and absent secrets as absent', () => {
    const config = loadConfig({});

    expect(redactConfig(config)).toEqual(config);
  });
});
