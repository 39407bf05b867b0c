import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type PostgresProcess } from '@app/testing';
import { aPerson } from '../support/people.js';
import { type Boot, command } from './support/boot.js';
import { Instance, secretKey } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, sql, startPostgres } from './support/stores.js';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-commands-'));
own(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));

let postgres: PostgresProcess;
let instances: readonly [Instance, Instance];

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
  instances = [await Instance.onServers(postgres.url), await Instance.onServers(postgres.url)];
}, 60_000);

const run = (group: 'audit' | 'keys' | 'clients' | 'rollups', ...words: string[]): Promise<Boot> =>
  command([group, ...words], { DATABASE_URL: postgres.url, SECRET_KEY: secretKey });

/** Kids by state, as an operator reads them. */
async function keys(...words: string[]): Promise<Record<string, string[]>> {
  const { code, stdout } = await run('keys', ...words);
  expect(code).toBe(0);
  const rows = stdout.trimEnd().split('\n').slice(1);
  const states: Record<string, string[]> = {};
  for (const row of rows) {
    const [kid = '', state = ''] = row.split(/\s+/);
    (states[state] ??= []).push(kid);
  }
  return states;
}

describe('rollcall keys', () => {
  it('lists, and withdraws a key that running instances then refuse', async () => {
    const before = await keys('list');
    expect(before).toEqual({ next: [expect.any(String)], signing: [expect.any(String)] });
    const [first, second] = instances;
    const device = await first.api.register(aPerson());
    const [kid] = before['signing']!;
    const after = await keys('withdraw', kid!);

    expect(after).toEqual({
      next: [expect.any(String)],
      signing: before['next'],
      withdrawn: before['signing'],
    });
    for (const { api } of [first, second]) {
      await eventually(async () => (await api.check(device.token)).status === 401, {
        describe: 'the token is refused',
      });
      await eventually(async () => (await api.signIn(device.person)).token, { describe: 'sign-in works' });
      expect(await api.keyIds()).not.toContain(kid);
    }
  });

  it('refuses in one line what cannot be done, and changes nothing', async () => {
    const before = await keys('list');
    const early = await run('keys', 'rotate');
    expect(early).toMatchObject({ code: 1, stdout: '' });
    expect(early.complaints).toEqual([
      expect.stringMatching(/^rollcall: The successor was published only recently .+Z, or withdraw .+\.$/),
    ]);
    expect(await run('keys', 'withdraw', 'nonsense')).toMatchObject({
      code: 1,
      complaints: ['rollcall: There is no such key.'],
    });
    const stranger = { DATABASE_URL: postgres.url, SECRET_KEY: secretKey.toUpperCase() };
    const refused = await command(['keys', 'withdraw', before['signing']![0]!], stranger);
    expect(refused).toMatchObject({
      code: 4,
      complaints: [expect.stringMatching(/^rollcall: SECRET_KEY does not open/)],
    });
    expect(await keys('list')).toEqual(before);
  });

  it.each([[[]], [['nonsense']], [['rotate', 'now']], [['withdraw']], [['withdraw', 'a', 'b']]])(
    'explains itself after %j',
    async (words) => {
      const { code, stdout, complaints } = await run('keys', ...words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(complaints[0]).toMatch(/^(?:Usage: rollcall keys|error: )/);
    },
  );

  it('says in embedded mode that a running instance is in the way, and works when it is stopped', async () => {
    const dataDir = join(folder, 'embedded');
    const instance = await Instance.start({ DATA_DIR: dataDir });
    const blocked = await command(['keys', 'list'], { DATA_DIR: dataDir });
    expect(blocked).toMatchObject({
      code: 3,
      stdout: '',
      complaints: [
        `rollcall: The data folder ${dataDir} is in use by process ${instance.process.pid}. Stop it, or set DATA_DIR to another folder.`,
      ],
    });
    await instance.process.stop();
    const { code, stdout } = await command(['keys', 'list'], { DATA_DIR: dataDir });
    expect({ code, lines: stdout.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 3 });
  }, 60_000);
});

describe('rollcall clients', () => {
  const introspect = async (id: string, secret: string): Promise<number> => {
    const body = new URLSearchParams({ token: 'x', client_id: id, client_secret: secret });
    const [{ process }] = instances;
    return (await fetch(`${process.baseUrl}/api/v1/oauth/introspect`, { method: 'POST', body })).status;
  };
  const credentialsIn = ({ stdout }: Boot): [string, string] => {
    const [, id, secret] = /client_id\s+(\S+)\nclient_secret\s+(\S+)/.exec(stdout)!;
    return [id!, secret!];
  };

  it('creates, rotates, lists and disables a client of running instances', async () => {
    const [id, first] = credentialsIn(await run('clients', 'create', 'billing api', 'application'));
    await eventually(async () => (await introspect(id, first)) === 200, { describe: 'the client is known' });
    const [same, second] = credentialsIn(await run('clients', 'rotate-secret', id));
    expect(same).toBe(id);
    await eventually(async () => (await introspect(id, second)) === 200, {
      describe: 'the second secret is good',
    });
    expect(await introspect(id, first)).toBe(200);
    await run('clients', 'drop-old-secret', id);
    await eventually(async () => (await introspect(id, first)) === 401, {
      describe: 'the first secret is not',
    });
    const { stdout } = await run('clients', 'list');
    expect(stdout).toMatch(new RegExp(`^${id} +application .* billing api$`, 'm'));
    expect(stdout).not.toContain(second);
    await run('clients', 'disable', id);
    await eventually(async () => (await introspect(id, second)) === 401, {
      describe: 'the client is refused',
    });
  }, 60_000);

  it.each([[[]], [['create']], [['create', 'x', 'nonsense']], [['disable']], [['list', 'x', 'y']]])(
    'explains itself after %j',
    async (words) => {
      const { code, complaints } = await run('clients', ...words);
      expect({ code, first: complaints[0] }).toEqual({
        code: 2,
        first: expect.stringMatching(/^(?:Usage: rollcall clients|error: )/),
      });
    },
  );

  it('knows no client that does not exist', async () => {
    expect(await run('clients', 'disable', 'nobody')).toMatchObject({
      code: 1,
      complaints: ['rollcall: There is no such client.'],
    });
  });
});

describe('rollcall audit', () => {
  it('finds the audit of running instances whole, and what somebody alters in it', async () => {
    const [{ api }] = instances;
    const { person } = await api.register(aPerson());
    await api.signIn(person);
    const verified = async (...words: string[]) => {
      const { code, stdout } = await run('audit', 'verify', '--json', ...words);
      return { code, ...(JSON.parse(stdout) as { whole: boolean; length: number; head: string }) };
    };
    const whole = await eventually(
      async () => {
        const result = await verified();
        return result.length > 1 && result;
      },
      { describe: 'something is recorded' },
    );
    expect(whole).toMatchObject({ code: 0, whole: true, finding: null, checked: whole.length });
    const known = `${whole.length}:${whole.head}`;
    expect(await run('audit', 'verify', '--expect', known)).toMatchObject({ code: 0, complaints: [''] });

    await sql(postgres.url, `alter table audit_log disable trigger user`);
    await sql(postgres.url, `update audit_log set note = 'x' where seq = 2`);
    expect(await verified()).toMatchObject({ code: 1, whole: false, finding: { kind: 'altered', seq: 2 } });
    const { code, stdout } = await run('audit', 'verify');
    expect([code, stdout]).toEqual([1, 'BROKEN at 2 (altered): Record 2 is not what was written.\n']);
    expect(await verified('--from', '3')).toMatchObject({ code: 0, whole: true });
  }, 60_000);

  it.each([[[]], [['verify', '--expect', 'x']], [['verify', '--from', '0']]])(
    'explains itself after %j',
    async (words) => {
      const { code, stdout, complaints } = await run('audit', ...words);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(complaints[0]).toMatch(/^(?:Usage: rollcall audit|error: )/);
    },
  );
});

describe('rollcall rollups', () => {
  it('counts everything anew beside instances that go on counting', async () => {
    const [first, second] = instances;
    await first.api.register(aPerson());
    await second.api.register(aPerson());
    const ask = (text: string) => sql<unknown>(postgres.url, text);

    const { code, stdout } = await run('rollups', 'rebuild');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/counted anew/) });
    await first.api.register(aPerson());
    const counted = `select (select sum(count)::int from rollups where set_id = shown and seconds = 86400
      and metric = 'sessions_started') as counted from rollup_state where building is null`;
    const [{ sessions }] = (await ask('select count(*)::int as sessions from sessions')) as [
      { sessions: number },
    ];
    await eventually(async () => JSON.stringify(await ask(counted)) === `[{"counted":${sessions}}]`, {
      describe: 'every session is counted once',
    });
    expect(await ask('select distinct set_id from rollups where set_id > 0')).toEqual([{ set_id: 2 }]);
  });
});
