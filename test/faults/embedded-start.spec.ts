import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@app/testing';
import { aPerson } from '../support/people.js';
import type { Device } from './support/api-client.js';
import { Asking } from './support/asking.js';
import { spawnApi } from './support/boot.js';
import { Instance } from './support/instance.js';
import { own } from './support/own.js';
import { startPostgres } from './support/stores.js';

/** Seconds. */
const firstStart = 10;
const nextStart = 3;

const parent = mkdtempSync(join(tmpdir(), 'rollcall-embedded-'));
own(() => rmSync(parent, { recursive: true, force: true, maxRetries: 10 }));

let folders = 0;

/** A path where nothing is yet. */
function newFolder(): string {
  folders += 1;
  return join(parent, `data${folders}`);
}

/** `seconds` by the clock or by the processor, whichever is less: others may be using the machine too. */
async function startOn(folder: string): Promise<{ instance: Instance; seconds: number }> {
  const started = performance.now();
  const instance = await Instance.start({ DATA_DIR: folder });
  const byClock = (performance.now() - started) / 1000;
  return { instance, seconds: Math.min(byClock, instance.processorSeconds) };
}

/** `value` of a line `label  value` of the welcome. */
function printed(output: string, label: string): string | undefined {
  return new RegExp(`^\\s+${label}\\s+(\\S+)`, 'm').exec(output)?.[1];
}

describe('a start without configuration', () => {
  const folder = newFolder();
  const person = aPerson();
  let administrator: { email: string; password: string };
  let device: Device;
  let keys: string[];

  it('needs at most 10 s on an empty folder and prints where everything is', async () => {
    const { instance, seconds } = await startOn(folder);
    const { output, baseUrl } = instance.process;
    expect(seconds).toBeLessThan(firstStart);
    expect(printed(output, 'API')).toBe(`${baseUrl}/api/v1`);
    expect(printed(output, 'Swagger')).toBe(`${baseUrl}/docs`);
    expect(printed(output, 'Health')).toBe(`${baseUrl}/health`);
    expect(output).toContain(`${baseUrl}/ready`);
    for (const path of ['/docs', '/health', '/ready']) {
      expect((await instance.api.http.send('GET', path)).status).toBe(200);
    }
    administrator = { email: printed(output, 'e-mail')!, password: printed(output, 'password')! };

    const reply = await instance.api.trySignIn(administrator);
    expect({ status: reply.status, user: reply.body.data?.user }).toMatchObject({
      status: 200,
      user: { email: administrator.email, role: 'admin' },
    });
    device = await instance.api.register(person);
    keys = await instance.api.keyIds();
    // The one that signs and its successor.
    expect(keys).toHaveLength(2);

    instance.process.signal('SIGINT');
    expect(await instance.process.exited).toEqual({ code: 0, signal: null });
    expect(instance.process.output).toContain('"event":"api.stopped"');
  });

  it('finds users, sessions and keys again at the next start, within 3 s, and prints no password', async () => {
    const { instance, seconds } = await startOn(folder);
    expect(seconds).toBeLessThan(nextStart);
    expect(instance.process.output).toContain('Swagger');
    expect(instance.process.output).not.toMatch(/First administrator|^\s+password/im);
    expect(instance.process.output).not.toContain(administrator.password);

    expect(await instance.api.check(device.token)).toMatchObject({
      status: 200,
      body: { data: { session: { id: device.sessionId } } },
    });
    await instance.api.signIn(person);
    await instance.api.signIn({ ...administrator });
    expect(await instance.api.keyIds()).toEqual(keys);
    await instance.process.stop();
  });

  it('keeps everything acknowledged through kill -9 in the middle of work', async () => {
    for (let round = 0; round < 3; round += 1) {
      const { instance } = await startOn(folder);
      const { created, ended } = await killAtWork(instance);
      const { instance: next } = await startOn(folder);
      const answers = await Promise.all([...created, ...ended].map(({ token }) => next.api.check(token)));
      expect(answers.map(({ status }) => status)).toEqual([
        ...created.map(() => 200),
        ...ended.map(() => 401),
      ]);
      await next.api.signIn(created[0]!.person);
      await next.process.stop();
    }
  }, 60_000);
});

/** Registers people and ends sessions without a break, then kills the process; what it acknowledged. */
async function killAtWork({ api, process }: Instance): Promise<{ created: Device[]; ended: Device[] }> {
  const created: Device[] = [];
  const ended: Device[] = [];
  const work = new Asking(
    async () => {
      const device = await api.register(aPerson());
      const isShort = created.length > ended.length;
      if (!isShort) created.push(device);
      const reply = isShort
        ? await api.ask('POST', '/auth/signout', { token: device.token })
        : await api.check(device.token);
      if (isShort && reply.status === 200) ended.push(device);
      return reply;
    },
    { callers: 4 },
  );
  await eventually(() => created.length >= 4 && ended.length >= 4, {
    describe: 'some work is acknowledged',
    timeoutMs: 15_000,
  });
  await process.kill9();
  await work.stop();
  return { created, ended };
}

describe('a first start that is killed half-way', () => {
  it('is simply repeated, at once and on the same folder', async () => {
    const folder = newFolder();
    const first = await spawnApi({ DATA_DIR: folder });
    await eventually(() => draftsIn(folder).length > 0, { describe: 'creation begins', timeoutMs: 20_000 });
    first.kill('SIGKILL');
    await once(first, 'exit');

    const { instance } = await startOn(folder);
    await instance.api.register(aPerson());
    expect((await instance.api.ready()).body.status).toBe('ok');
    await instance.process.stop();
    const { instance: next } = await startOn(folder);
    expect((await next.api.ready()).body.status).toBe('ok');
  }, 40_000);
});

/** What the creation of the database has made so far, under names that are not the final one. */
function draftsIn(folder: string): string[] {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.filter((name) => name.startsWith('postgres.'));
}

describe('the memory of an idle process', () => {
  it('is at most 450 MB with the embedded database, in its first run and later', async () => {
    const folder = newFolder();
    const { instance } = await startOn(folder);
    expect(instance.residentMegabytes).toBeLessThan(450);
    await instance.process.stop();
    const { instance: next } = await startOn(folder);
    expect(next.residentMegabytes).toBeLessThan(450);
    await next.process.stop();
  }, 40_000);

  it('is at most 200 MB on a real server', async () => {
    const postgres = await startPostgres();
    const instance = await Instance.onServers(postgres.url);
    expect(instance.residentMegabytes).toBeLessThan(200);
  });
});
