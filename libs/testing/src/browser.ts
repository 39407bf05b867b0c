import type { Browser as Chromium, BrowserContext } from 'playwright-core';
import { testServers } from './test-servers.js';

/** Milliseconds, several times what a start needs on a busy machine. */
const startTimeout = 30_000;

const flags = [
  // Names such as evil.test lead here instead of to a name server; nothing else is reached.
  '--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
  '--disable-dev-shm-usage',
  // Chromium's sandbox refuses root, and no container allows it to a user without namespaces.
  '--no-sandbox',
];

/** A real, headless Chromium; one per test file, since a start takes half a second. It ends with the test process. */
export class Browser {
  private constructor(private readonly chromium: Chromium) {}

  /** Rejects with what to install when the machine has no Chromium. */
  static async start(): Promise<Browser> {
    const executablePath = testServers.chromium;
    // Not at the top: every test would load its megabytes.
    const { chromium } = await import('playwright-core');
    return new Browser(await chromium.launch({ executablePath, args: flags, timeout: startTimeout }));
  }

  /** Somebody's browser: cookies and storage of its own. */
  profile(): Promise<BrowserContext> {
    return this.chromium.newContext();
  }

  async stop(): Promise<void> {
    await this.chromium.close();
  }
}
