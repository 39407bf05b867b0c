import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type FaultMode, freePort, type PostgresProcess } from '@app/testing';
import { type Boot, failedBoot } from './support/boot.js';
import { Instance, secretKey } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres, startProxy } from './support/stores.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-boot-'));
own(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

let postgres: PostgresProcess;
let onServer: Readonly<Record<string, string>>;
let neverReached: Promise<Boot>;

beforeAll(async () => {
  // Gives up after 20 s, so it begins before everything else.
  const nobody = `postgres://rollcall:pass-phrase-of-the-url@127.0.0.1:${await freePort()}/rollcall`;
  neverReached = failedBoot({ DATABASE_URL: nobody, SECRET_KEY: secretKey });
  postgres = await startPostgres(notDurable);
  onServer = { DATABASE_URL: postgres.url, SECRET_KEY: secretKey };
});

/** One line per complaint and nothing else: no stack, no warning, no log line, no welcome. */
function expectRefusal({ code, stdout, complaints }: Boot, expected: readonly (string | RegExp)[]): void {
  expect(complaints).toEqual(
    expected.map((text) =>
      typeof text === 'string' ? `rollcall: ${text}` : expect.stringMatching(/^rollcall: \S/),
    ),
  );
  expected.forEach((text, index) => expect(complaints[index]).toMatch(text));
  expect(stdout).not.toContain('is ready');
  expect(code).toBe(1);
}

describe('a start that cannot succeed says why in one line and exits with 1', () => {
  it('when the port is busy', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expectRefusal(await failedBoot({ ...onServer, PORT: String(port) }), [
      `port ${port} is already in use on 127.0.0.1; stop the other program or set PORT`,
    ]);
    other.close();
  });

  it('when another running instance has its name, which that one does not notice', async () => {
    const named = { ...onServer, NODE_ENV: 'test', INSTANCE_ID: 'twin' };
    const first = await Instance.start(named);
    expectRefusal(await failedBoot(named), [
      'another running instance is called "twin"; stop it, or give each a different INSTANCE_ID',
    ]);
    expect((await first.api.ready()).status).toBe(200);
    // And a dead one is in nobody's way.
    await first.process.kill9();
    const second = await Instance.start(named);
    expect((await second.api.ready()).status).toBe(200);
    await second.process.kill9();
  });

  it('when the address is not one of this machine', async () => {
    expectRefusal(await failedBoot({ ...onServer, HOST: '192.0.2.1' }), [
      'this machine has no address 192.0.2.1; set HOST',
    ]);
  });

  it('when another process uses the data folder, which that process does not notice', async () => {
    const dataDir = join(folder, 'locked');
    const first = await Instance.start({ DATA_DIR: dataDir });
    const file = join(dataDir, 'rollcall.lock');
    const second = await failedBoot({ DATA_DIR: dataDir });
    expectRefusal(second, [
      `The data folder ${dataDir} is in use by process ${first.process.pid}. Stop it, or set DATA_DIR to another folder.`,
    ]);
    expect((await first.api.ready()).body.status).toBe('ok');
    await first.process.kill9();
    // As left by a process of a machine that shares the folder: nobody here can tell whether it lives.
    writeFileSync(file, JSON.stringify({ pid: 1, host: `not-${hostname()}`, startedAt: null }));
    expectRefusal(await failedBoot({ DATA_DIR: dataDir }), [/is in use by process 1\./]);
  }, 60_000);

  it('when the data folder cannot be made', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    expectRefusal(await failedBoot({ DATA_DIR: join(file, 'below') }), [/ENOTDIR.*file/]);
  });

  it('when settings are bad or unknown: every problem at once, and no value is repeated', async () => {
    const boot = await failedBoot({
      ...onServer,
      PORT: '70000',
      TRUST_PROXY: 'secret-value',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://secret-value@localhost/x',
      SESSION_LIMTI: '7',
      REDIS_ENABLED: 'maybe',
      RATE_LIMIT_UNHEARD_OF: 'secret-value',
    });
    expectRefusal(boot, [
      'SESSION_LIMTI is not a known setting; did you mean SESSION_LIMIT?',
      'RATE_LIMIT_UNHEARD_OF is not a known setting',
      'PORT must be between 0 and 65535',
      /^rollcall: TRUST_PROXY must be /,
      /^rollcall: LOG_LEVEL /,
      'DATABASE_URL must be a URL that starts with postgres:// or postgresql://',
      'REDIS_ENABLED must be true or false',
    ]);
    expect(boot.complaints.join('\n') + boot.stdout).not.toContain('secret-value');
  });

  it('when settings contradict each other', async () => {
    const boot = await failedBoot({
      ...onServer,
      REDIS_ENABLED: 'true',
      SESSION_IDLE_TTL: '3600',
      SESSION_ABSOLUTE_TTL: '60',
      ADMIN_PASSWORD: 'short',
    });
    expectRefusal(boot, [
      'REDIS_URL is required when REDIS_ENABLED is true',
      'SESSION_IDLE_TTL must not exceed SESSION_ABSOLUTE_TTL',
      'ADMIN_EMAIL is required when ADMIN_PASSWORD is set',
      'ADMIN_PASSWORD must have at least 15 characters',
    ]);
  });

  it('when SECRET_KEY is a placeholder, too short, too regular, or missing in production', async () => {
    const placeholder = 'your-secret-key-0123456789-goes-here-abc';
    const advice = 'make one with: openssl rand -hex 32';
    const production = { DATABASE_URL: postgres.url, NODE_ENV: 'production' };
    const boots = await Promise.all([
      failedBoot({ ...onServer, SECRET_KEY: placeholder }),
      failedBoot({ ...onServer, SECRET_KEY: secretKey.slice(0, 31) }),
      failedBoot({ ...onServer, SECRET_KEY: '0123'.repeat(16) }),
      failedBoot(production),
    ]);
    const expected = [
      `SECRET_KEY looks like a placeholder; ${advice}`,
      `SECRET_KEY must have at least 32 characters; ${advice}`,
      `SECRET_KEY is too regular; ${advice}`,
      `SECRET_KEY is required in production; ${advice}`,
    ];
    boots.forEach((boot, index) => expectRefusal(boot, [expected[index]!]));
    expect(boots.map(({ stdout }) => stdout).join('')).not.toContain(placeholder);
  });

  it('when SECRET_KEY is not the one the database was set up with', async () => {
    const first = await Instance.onServers(postgres.url);
    await first.process.stop();
    expectRefusal(await failedBoot({ ...onServer, SECRET_KEY: `another-${secretKey}` }), [
      'SECRET_KEY does not open the signing keys in the database. Use the key the database was set up with.',
    ]);
  });

  it('when the database does not exist', async () => {
    const url = new URL(postgres.url);
    url.pathname = '/nowhere';
    expectRefusal(await failedBoot({ ...onServer, DATABASE_URL: url.href }), [
      'database "nowhere" does not exist',
    ]);
  });

  it('when the database was migrated by a newer version', async () => {
    const later = 4_102_444_800_000;
    await sql(postgres.url, 'insert into drizzle.__drizzle_migrations (hash, created_at) values ($1, $2)', [
      'hash of a migration that is not written yet',
      later,
    ]);
    expectRefusal(await failedBoot(onServer), [
      'The database was migrated by a newer version of Rollcall; start that version instead.',
    ]);
    await sql(postgres.url, 'delete from drizzle.__drizzle_migrations where created_at = $1', [later]);
  });
});

describe('a start whose PostgreSQL does not answer yet', () => {
  it.each<FaultMode>([{ kind: 'reset' }, { kind: 'hold' }])(
    'waits for it and serves as soon as it answers ($kind)',
    async (fault) => {
      const proxy = await startProxy(postgres);
      await proxy.set(fault);
      const starting = Instance.onServers(proxy.through(postgres.url));
      await eventually(() => proxy.counters.connections > 0, {
        describe: 'a first attempt',
        timeoutMs: 10_000,
      });
      await proxy.set({ kind: 'pass' });
      const instance = await starting;
      expect((await instance.api.ready()).body.status).toBe('ok');
      await instance.process.stop();
    },
  );

  it('gives up after 20 s and names server and reason, but no password', async () => {
    const boot = await neverReached;
    expectRefusal(boot, [/^rollcall: PostgreSQL at 127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/]);
    expect(boot.complaints.join() + boot.stdout).not.toContain('pass-phrase-of-the-url');
  }, 60_000);
});
