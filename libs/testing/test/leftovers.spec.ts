import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../src/index.js';
import { areGone, areStopped } from '../src/process-table.js';

const reaper = join(import.meta.dirname, '..', 'src', 'reaper.sh');

/** Stands in for a test process: hands its list to a reaper and then lives until it is killed. */
const starter = `
  const [script, folder, ...lines] = process.argv.slice(1);
  const reaper = require('node:child_process').spawn('sh', [script, folder], {
    detached: true, stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.stdin.write(lines.join('\\n') + '\\n', () => console.log('handed over'));
`;

describe('what a test process leaves behind when it is killed', () => {
  const servers: ChildProcess[] = [];
  const startServer = (): number => {
    const server = spawn('sleep', ['60']);
    servers.push(server);
    return Number(server.pid);
  };

  afterEach(() => servers.forEach((server) => server.kill('SIGKILL')));

  it('is ended, frozen or not, and removed, except what was forgotten', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-'));
    writeFileSync(join(folder, 'data'), 'content');
    const [frozen, running, forgotten] = [startServer(), startServer(), startServer()];
    process.kill(frozen, 'SIGSTOP');
    await eventually(() => areStopped([frozen]), { describe: 'it is frozen' });
    const lines = [frozen, forgotten, running].map((pid) => `watch ${pid}`);
    const unknown = 'forget 1';
    const handedOver = [...lines, `forget ${forgotten}`, unknown];
    const testProcess = spawn(process.execPath, ['-e', starter, '--', reaper, folder, ...handedOver]);
    await once(testProcess.stdout, 'data');
    testProcess.kill('SIGKILL');
    await eventually(() => !existsSync(folder), { describe: 'the folder is gone' });
    expect(areGone([frozen, running])).toBe(true);
    expect(areGone([forgotten])).toBe(false);
  });
});
