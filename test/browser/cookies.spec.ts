import { Browser } from '@app/testing';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrowserContext, Page } from 'playwright-core';
import { type Api, base, startApi } from '../support/api.js';
import { aPerson, type Person } from '../support/people.js';
import { ForeignSite } from './foreign-site.js';
import { call, callBlindly, canEmbed, type Form, readableCookies, submit } from './page.js';

declare const localStorage: { readonly length: number; setItem(key: string, value: string): void };

let api: Api;
let foreign: ForeignSite;
let browser: Browser;

beforeAll(async () => {
  [api, foreign, browser] = await Promise.all([startApi(), ForeignSite.start(), Browser.start()]);
}, 60_000);

afterAll(async () => {
  await browser?.stop();
  foreign?.close();
});

/** Somebody on a page of the API's own origin. */
interface Visitor {
  readonly origin: string;
  readonly person: Person;
  readonly context: BrowserContext;
  readonly page: Page;
}

async function visitorOf(site: Api, host: string): Promise<Visitor> {
  const origin = `http://${host}:${site.port}`;
  const { person } = await site.register();
  const context = await browser.profile();
  const page = await context.newPage();
  await page.goto(`${origin}/docs/`);
  return { origin, person, context, page };
}

function signIn({ origin, page, person: { email, password } }: Visitor): Promise<number | string> {
  const body = { email, password, transport: 'cookie' };
  return call(page, { method: 'POST', url: `${origin}${base}/auth/signin`, body });
}

async function cookiesOf({ context }: Visitor): Promise<Record<string, string>> {
  const own = (await context.cookies()).filter(({ name }) => name !== 'did');
  return Object.fromEntries(own.map(({ name, value }) => [name, value]));
}

describe('a page of the same origin', () => {
  it('signs in, acts with the CSRF token, refreshes and signs out, and its scripts see no other token', async () => {
    const visitor = await visitorOf(api, 'localhost');
    const { context, page } = visitor;
    const ask = (method: string, path: string, withToken = true) =>
      call(page, { method, url: `${base}${path}`, withToken });

    expect(await signIn(visitor)).toBe(200);
    const before = await cookiesOf(visitor);
    expect(Object.keys(before).toSorted()).toEqual(['at', 'csrf', 'rt']);
    expect(await readableCookies(page)).toBe(`csrf=${before.csrf}`);
    expect(await ask('GET', '/auth/session', false)).toBe(200);
    expect(await ask('DELETE', '/sessions', false)).toBe(403);
    expect(await ask('DELETE', '/sessions')).toBe(200);

    expect(await ask('POST', '/auth/refresh')).toBe(200);
    const after = await cookiesOf(visitor);
    expect(after).toEqual({ at: expect.any(String), rt: expect.any(String), csrf: before.csrf });
    expect([after.at === before.at, after.rt === before.rt]).toEqual([false, false]);
    expect(await ask('DELETE', '/sessions')).toBe(200);

    await page.evaluate(() => localStorage.setItem('draft', 'private'));
    expect(await ask('POST', '/auth/signout')).toBe(200);
    expect(await cookiesOf(visitor)).toEqual({});
    expect(await page.evaluate(() => localStorage.length)).toBe(0);
    await context.close();
  }, 30_000);

  it('gets cookies that no other host could have set, when the public address has TLS', async () => {
    const site = await startApi({ env: { PUBLIC_URL: 'https://localhost' } });
    // Browsers hold their own machine for as safe as TLS.
    const visitor = await visitorOf(site, 'localhost');
    expect(await signIn(visitor)).toBe(200);
    const cookies = (await visitor.context.cookies()).map(({ name, secure }) => `${name} ${secure}`);
    expect(cookies.toSorted()).toEqual(['__Host-at true', '__Host-csrf true', '__Host-rt true']);
    const url = `${base}/sessions`;
    expect(await call(visitor.page, { method: 'DELETE', url, withToken: true })).toBe(200);
    await visitor.context.close();
  }, 30_000);
});

/**
 * A sibling and another port are of the same site, so SameSite lets the cookies through; and cookies know no ports, so
 * there even the CSRF token can be read. Fetch Metadata is sent to TLS and to this machine only.
 */
describe.each([
  ['another site', 'localhost', '127.0.0.1', false],
  ['another port of the same host', '127.0.0.1', '127.0.0.1', true],
  ['another site, without Fetch Metadata', 'auth.example.test', 'evil.test', false],
  ['a sibling host, without Fetch Metadata', 'auth.example.test', 'evil.example.test', true],
])('a page of %s', (_, victimHost, foreignHost, isSameSite) => {
  let victim: Visitor;
  let attacker: Page;

  beforeAll(async () => {
    victim = await visitorOf(api, victimHost);
    expect(await signIn(victim)).toBe(200);
    attacker = await open();
  }, 30_000);

  afterAll(() => victim?.context.close());

  async function open(): Promise<Page> {
    const page = await victim.context.newPage();
    await page.goto(`http://${foreignHost}:${foreign.port}/`);
    return page;
  }

  /** From a page of its own, which the browser leaves for the answer. */
  async function submitted(form: Form): Promise<string[]> {
    const page = await open();
    const answers = await harmless(() => submit(page, form));
    await page.close();
    return answers;
  }

  const at = (path: string): string => `${victim.origin}${base}${path}`;
  /** How a write is refused: with the cookies, or because the browser keeps them back. */
  const refused = isSameSite ? 'POST 403' : 'POST 401';

  /** Lets the page do something, of which nothing may have come; what the server answered to it. */
  async function harmless(attack: () => Promise<unknown>): Promise<string[]> {
    const answers: string[] = [];
    const listen = ({ method, url }: IncomingMessage, reply: ServerResponse): void => {
      if (url?.startsWith(base)) reply.once('finish', () => answers.push(`${method} ${reply.statusCode}`));
    };
    const server = api.app.getHttpServer();
    const [rows, cookies] = [await api.fingerprint(), await cookiesOf(victim)];
    server.on('request', listen);
    await attack();
    server.off('request', listen);
    expect(await api.fingerprint()).toEqual(rows);
    expect(await cookiesOf(victim)).toEqual(cookies);
    expect(await call(victim.page, { method: 'GET', url: `${base}/auth/session` })).toBe(200);
    return answers;
  }

  it('cannot post a form that ends or moves the session [WSTG-SESS-05]', async () => {
    for (const path of ['/auth/signout', '/auth/logout-all', '/auth/refresh']) {
      const form = { action: at(path), enctype: 'application/x-www-form-urlencoded', fields: {} };
      expect(await submitted(form)).toEqual([expect.stringMatching(/^POST 4(01|03|15)$/)]);
    }
  });

  it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'])(
    'cannot sign the browser in as somebody else by a form of %s [CSRF sheet: sign-in]',
    async (enctype) => {
      const { person } = await api.register(aPerson());
      const { email, password } = person;
      const json = `{"email":"${email}","password":"${password}","transport":"cookie","x":"`;
      const fields = enctype === 'text/plain' ? { [json]: '"}' } : { ...person, transport: 'cookie' };
      const form = { action: at('/auth/signin'), enctype, fields };
      expect(await submitted(form)).toEqual(['POST 415']);
    },
  );

  it('cannot act by requests that need no permission', async () => {
    const { email, password } = victim.person;
    const answers = await harmless(async () => {
      for (const path of ['/auth/logout-all', '/auth/signout', '/auth/refresh'])
        expect(await callBlindly(attacker, at(path))).toBe('TypeError');
      await callBlindly(attacker, at('/auth/signin'), JSON.stringify({ email, password }));
    });
    expect(answers).toEqual([refused, refused, refused, 'POST 415']);
  });

  it('is not permitted to do more, not even with the CSRF token', async () => {
    const { email, password } = victim.person;
    const withToken = true;
    const answers = await harmless(async () => {
      for (const request of [
        { method: 'POST', url: at('/auth/logout-all'), withToken },
        { method: 'POST', url: at('/auth/refresh'), withToken },
        { method: 'DELETE', url: at('/sessions'), withToken },
        { method: 'POST', url: at('/auth/signin'), body: { email, password } },
        { method: 'GET', url: at('/auth/session'), headers: { authorization: 'Bearer x' } },
      ])
        expect(await call(attacker, request)).toBe('TypeError');
    });
    expect(new Set(answers)).toEqual(new Set(['OPTIONS 405']));
  });

  it('reads no token and no reply', async () => {
    expect(await readableCookies(attacker)).not.toMatch(/(^|; )[ar]t=/);
    expect(await call(attacker, { method: 'GET', url: at('/auth/session') })).toBe('TypeError');
    expect(await canEmbed(attacker, 'img', at('/auth/session'))).toBe(false);
    expect(await canEmbed(attacker, 'script', at('/auth/session'))).toBe(false);
  });
});
