import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Browser } from '@app/testing';
import type { BrowserContext, Page } from 'playwright-core';
import type { Api } from '../support/api.js';
import type { Person } from '../support/people.js';

const axeFile = createRequire(`${process.cwd()}/package.json`).resolve('axe-core/axe.min.js');

interface Violation {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}
declare const axe: {
  run(root: unknown, options: object): Promise<{ violations: Violation[] }>;
};
declare const document: {
  addEventListener(
    type: string,
    listener: (event: { blockedURI: string; violatedDirective: string }) => void,
  ): void;
};
declare const reportBlocked: (text: string) => void;

/** Somebody in front of the dashboard, and everything that the browser found wrong meanwhile. */
export class Visit {
  /** What the policy of a page has blocked, uncaught errors, and requests to other hosts: must stay empty. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    private readonly origin: string,
  ) {}

  static async start(browser: Browser, api: Api): Promise<Visit> {
    const context = await browser.profile();
    const page = await context.newPage();
    const visit = new Visit(page, context, `http://localhost:${api.port}`);
    await visit.watch();
    return visit;
  }

  /** Another tab of the same browser. */
  async tab(): Promise<Visit> {
    const visit = new Visit(await this.context.newPage(), this.context, this.origin);
    await visit.watch();
    return visit;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.origin}${path}`);
  }

  /** On a page of sign-in. */
  async signIn({ email, password }: Pick<Person, 'email' | 'password'>): Promise<void> {
    await this.page.getByLabel('E-mail address or username').fill(email);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Path and query, as the address bar has them. */
  get address(): string {
    return this.page.url().slice(this.origin.length);
  }

  /** What axe calls serious or critical by WCAG 2.2 AA, in the colours of the system. */
  async obstacles(): Promise<string[]> {
    // The policy of the page forbids scripts of others; what the driver evaluates is not subject to it.
    await this.page.evaluate(readFileSync(axeFile, 'utf8'));
    const violations = await this.page.evaluate(async () => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
      return (await axe.run(document, { runOnly: { type: 'tag', values: tags } })).violations;
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map(({ target, failureSummary }) => `${id} ${target.join(' ')} ${failureSummary ?? ''}`),
      );
  }

  private async watch(): Promise<void> {
    await this.page.exposeFunction('reportBlocked', (text: string) => this.complaints.push(text));
    await this.page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', ({ blockedURI, violatedDirective }) =>
        reportBlocked(`${violatedDirective} blocked ${blockedURI}`),
      );
    });
    this.page.on('pageerror', (error) => this.complaints.push(error.message));
    this.page.on('request', (request) => {
      const url = new URL(request.url());
      if (/^https?:/.test(url.protocol) && url.origin !== this.origin)
        this.complaints.push(`request to ${url.origin}`);
    });
  }
}
