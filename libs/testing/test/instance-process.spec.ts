import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiInstance, eventually } from '../src/index.js';

/** Stands in for the API: how an instance is started and ended is the same for any program. */
const program = `
  import { createServer } from 'node:http';
  if (process.env.BROKEN) { console.error('SECRET_KEY is missing'); process.exit(3); }
  let asked = 0;
  createServer((request, response) => {
    if (request.url === '/health') response.statusCode = ++asked < 3 ? 503 : 200;
    response.end(JSON.stringify(process.env));
  }).listen(process.env.PORT, '127.0.0.1', () => console.log('listening'));
  process.on('SIGTERM', () => { console.log('draining'); setTimeout(() => process.exit(0), 50); });
  process.on('SIGUSR2', () => console.log('told'));
`;

describe(ApiInstance.name, () => {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-instance-'));
  const main = join(folder, 'main.mjs');
  let instance: ApiInstance | undefined;

  beforeAll(() => writeFileSync(main, program));
  afterEach(() => instance?.kill9());
  afterAll(() => rmSync(folder, { recursive: true }));

  it('waits for health and gives the process nothing but the environment asked for', async () => {
    instance = await ApiInstance.start({ env: { COLOUR: 'red' }, main });
    const seen = (await (await fetch(`${instance.baseUrl}/`)).json()) as Record<string, string>;
    const { HOME, PATH, TZ, ...others } = seen;
    expect({ HOME, PATH, TZ }).toEqual({
      HOME: process.env.HOME,
      PATH: process.env.PATH,
      TZ: process.env.TZ,
    });
    expect(others).toEqual({ COLOUR: 'red', PORT: new URL(instance.baseUrl).port });
    expect(instance.output).toContain('listening');
  });

  it('shows the output of a process that exits instead of serving', async () => {
    await expect(ApiInstance.start({ env: { BROKEN: 'yes' }, main })).rejects.toThrow(
      /exited before it was ready:\nSECRET_KEY is missing/,
    );
  });

  it('ends by SIGTERM and says how long that took', async () => {
    instance = await ApiInstance.start({ env: {}, main });
    const { code, signal, ms } = await instance.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(ms).toBeGreaterThanOrEqual(45);
    expect(ms).toBeLessThan(2_000);
    expect(instance.output).toContain('draining');
  });

  it('can be killed, frozen and thawed', async () => {
    instance = await ApiInstance.start({ env: {}, main });
    await instance.freeze();
    const answer = fetch(`${instance.baseUrl}/health`);
    expect(
      await Promise.race([answer, fetch(`${instance.baseUrl}/`, { signal: AbortSignal.timeout(200) })]).catch(
        String,
      ),
    ).toContain('TimeoutError');
    instance.thaw();
    expect((await answer).status).toBe(200);
    expect(await instance.kill9()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(await instance.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('is sent any other signal too', async () => {
    const started = await ApiInstance.start({ env: {}, main });
    instance = started;
    started.signal('SIGUSR2');
    const told = await eventually(() => started.output.includes('told'), { describe: 'the signal arrives' });
    expect(told).toBe(true);
  });
});
