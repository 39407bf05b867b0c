import { readFileSync } from 'node:fs';
import { ApiInstance } from '@app/testing';
import { ApiClient } from './api-client.js';
import { own } from './own.js';

export const secretKey = '7d0c1f5e9b3a48261e0f7a9d8c6b5e4f3021a4b5c6d7e8f90123456789abcdef';

/** One process of the built product and a client for it. */
export class Instance {
  readonly api: ApiClient;

  private constructor(readonly process: ApiInstance) {
    this.api = ApiClient.at(process.baseUrl);
  }

  /** Killed after the test file at the latest, and then searched for errors that nobody handled; `main`: another build. */
  static async start(env: Readonly<Record<string, string>>, port?: number, main?: string): Promise<Instance> {
    const process = await ApiInstance.start({ env: { RATE_LIMIT_ENABLED: 'false', ...env }, port, main });
    own(async () => {
      await process.kill9();
      expectNothingUnhandled(process.output);
    });
    return new Instance(process);
  }

  /** On a PostgreSQL, with the secret that all instances of the tests share. */
  static onServers(
    databaseUrl: string,
    env: Readonly<Record<string, string>> = {},
    port?: number,
  ): Promise<Instance> {
    return Instance.start({ DATABASE_URL: databaseUrl, SECRET_KEY: secretKey, ...env }, port);
  }

  get port(): number {
    return this.process.port;
  }

  /** Used so far, by the process and by its children that have ended. */
  get processorSeconds(): number {
    const stat = readFileSync(`/proc/${this.process.pid}/stat`, 'utf8');
    // utime, stime, cutime and cstime of proc(5), counted from behind the name, in hundredths of a second.
    const ticks = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 15);
    return ticks.reduce((sum, part) => sum + Number(part), 0) / 100;
  }

  /** Resident memory in megabytes. */
  get residentMegabytes(): number {
    const status = readFileSync(`/proc/${this.process.pid}/status`, 'utf8');
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return Number(kilobytes) / 1024;
  }
}

/** An error that nobody handled is logged and survived; it is a bug all the same. */
export function expectNothingUnhandled(output: string): void {
  const found = output
    .split('\n')
    .filter((line) => /process\.(?:unhandled_rejection|uncaught_exception)/.test(line));
  expect(found).toEqual([]);
}
