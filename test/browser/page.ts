import type { Page } from 'playwright-core';

/** What the scripts below use of a page; the tests themselves run in Node. */
interface Element {
  name: string;
  value: string;
  src: string;
  method: string;
  action: string;
  enctype: string;
  append(child: Element): void;
  addEventListener(event: 'load' | 'error', listener: () => void): void;
  submit(): void;
}
declare const document: {
  readonly cookie: string;
  readonly body: Element;
  createElement(tag: string): Element;
};

export interface Call {
  readonly method: string;
  readonly url: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sends the CSRF token as far as the page can read one. */
  readonly withToken?: boolean;
}

/** A request with cookies by the page's own script: the status, or the name of the error. */
export function call(page: Page, request: Call): Promise<number | string> {
  return page.evaluate(async ({ url, method, body, headers, withToken }) => {
    const token = /(?:^|; )(?:__Host-)?csrf=([^;]*)/.exec(document.cookie)?.[1] ?? '';
    const all = {
      ...headers,
      ...(withToken && { 'x-csrf-token': token }),
      ...(body && { 'content-type': 'application/json' }),
    };
    const options = { method, headers: all, body: body && JSON.stringify(body) };
    try {
      const reply = await fetch(url, { ...options, credentials: 'include' });
      return reply.status;
    } catch (error) {
      return (error as Error).name;
    }
  }, request);
}

/** A request that needs nobody's permission and tells the page nothing (Fetch, mode `no-cors`). */
export function callBlindly(page: Page, url: string, text?: string): Promise<string> {
  return page.evaluate(
    async ({ to, body }) => {
      try {
        const reply = await fetch(to, { method: 'POST', mode: 'no-cors', credentials: 'include', body });
        return reply.type;
      } catch (error) {
        return (error as Error).name;
      }
    },
    { to: url, body: text },
  );
}

export interface Form {
  readonly action: string;
  readonly enctype: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Posts a form, by which the browser leaves the page. */
export async function submit(page: Page, form: Form): Promise<void> {
  await Promise.all([
    page.waitForResponse(form.action),
    page.evaluate(({ action, enctype, fields }) => {
      const element = document.createElement('form');
      Object.assign(element, { method: 'post', action, enctype });
      for (const [name, value] of Object.entries(fields))
        element.append(Object.assign(document.createElement('input'), { name, value }));
      document.body.append(element);
      element.submit();
    }, form),
  ]);
}

/** True if the browser gives the page what is at the address, as a picture or a script. */
export function canEmbed(page: Page, tag: 'img' | 'script', url: string): Promise<boolean> {
  return page.evaluate(
    ({ name, src }) =>
      new Promise<boolean>((resolve) => {
        const element = document.createElement(name);
        element.addEventListener('load', () => resolve(true));
        element.addEventListener('error', () => resolve(false));
        element.src = src;
        document.body.append(element);
      }),
    { name: tag, src: url },
  );
}

export function readableCookies(page: Page): Promise<string> {
  return page.evaluate(() => document.cookie);
}
