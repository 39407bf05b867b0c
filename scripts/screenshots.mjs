/**
 * Writes docs/screenshots/*.png, each page in light, in dark and on a phone: the built dashboard on an embedded database of its own, full of made-up people whose
 * addresses are those that RFC 5737 keeps for documentation. Run `npm run build` before.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { findChromium } from '../test/setup/find-chromium.mjs';

const folder = 'docs/screenshots';
const password = 'seven plain words make a phrase';
const admin = { email: 'olivia.hart@example.com', password };
const desktop = { width: 1280, height: 800 };
const phone = { width: 390, height: 844 };

const firstNames =
  'Ada Ben Chiara David Elif Farid Greta Hugo Ines Jonas Keiko Liam Mara Noah Olga Pablo Quinn Rosa Samir Tessa';
const lastNames = ['Lindqvist', 'Moreau', 'Okafor', 'Tanaka'];

const windows = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)';
const mac = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)';
const chrome = 'AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0';
const devices = [
  `${windows} ${chrome} Safari/537.36`,
  `${mac} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15`,
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0',
  `Mozilla/5.0 (Linux; Android 15; Pixel 9) ${chrome} Mobile Safari/537.36`,
  `${windows} ${chrome} Safari/537.36 Edg/141.0.0.0`,
];

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The API as a process; resolves when it is healthy. */
async function start(dataFolder) {
  const port = await freePort();
  // Nothing of whoever runs this: the pictures must not depend on it.
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    NODE_ENV: 'development',
    DATA_DIR: dataFolder,
    DATABASE_URL: '',
    REDIS_URL: '',
    LOG_LEVEL: 'error',
    TRUST_PROXY: '1',
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
    RATE_LIMIT_GLOBAL: '10000/60',
    RATE_LIMIT_AUTH: '1000/60',
  };
  const api = spawn(process.execPath, ['dist/bin/api.js'], { env, stdio: ['ignore', 'ignore', 'inherit'] });
  const origin = `http://localhost:${port}`;
  for (let tries = 0; tries < 240; tries += 1) {
    if (api.exitCode !== null) throw new Error('The API has ended; is it built?');
    const reply = await fetch(`${origin}/health`).catch(() => null);
    if (reply?.ok) return { api, origin };
    await sleep(500);
  }
  api.kill();
  throw new Error('The API does not answer.');
}

/** A request from the device and address of a number. */
async function send(origin, { path, body, method = 'POST', token, who = 0 }) {
  const headers = {
    'content-type': 'application/json',
    'user-agent': devices[who % devices.length],
    'x-forwarded-for': `${['203.0.113', '198.51.100', '192.0.2'][who % 3]}.${10 + (who % 200)}`,
    ...(token && { authorization: `Bearer ${token}` }),
  };
  const reply = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers,
    ...(body && { body: JSON.stringify(body) }),
  });
  const content = await reply.json().catch(() => null);
  if (!reply.ok && reply.status !== 401) throw new Error(`${path}: ${JSON.stringify(content)}`);
  return content?.data;
}

/** People, their devices, failures, ended sessions and a webhook. */
async function seed(origin) {
  const people = firstNames
    .split(' ')
    .flatMap((first, index) => [0, 1].map((second) => `${first} ${lastNames[(index + second * 2) % 4]}`));
  const seen = [];
  for (const [who, name] of people.entries()) {
    const email = `${name.toLowerCase().replace(' ', '.')}@example.com`;
    seen.push(
      await send(origin, { path: '/auth/register', body: { email, password, full_name: name }, who }),
    );
    const again = { path: '/auth/signin', body: { email, password }, who: who + 7 };
    if (who % 3 === 0) seen.push(await send(origin, again));
    if (who % 5 === 0) await send(origin, { ...again, body: { email, password: 'not the right one' } });
  }
  const { access_token: token } = await send(origin, { path: '/auth/signin', body: admin });
  for (const { session } of seen.filter((_, index) => index % 9 === 4))
    await send(origin, { path: `/admin/sessions/${session.id}`, method: 'DELETE', token });
  for (const { access_token: own } of seen.filter((_, index) => index % 11 === 6))
    await send(origin, { path: '/auth/logout', token: own });
  const hook = { url: 'https://hooks.example.com/rollcall', label: 'Billing', events: ['session.*'] };
  await send(origin, { path: '/admin/webhooks', body: hook, token });
}

/** Something to see on the live page. */
async function happen(origin) {
  const body = { email: `visitor.${Date.now() % 1000}@example.com`, password, full_name: 'A Visitor' };
  const { access_token: token } = await send(origin, { path: '/auth/register', body, who: 3 });
  await send(origin, { path: '/auth/logout', token, who: 3 });
  await sleep(1_500);
}

const pages = {
  overview: '/admin?range=6h',
  sessions: '/admin/sessions',
  users: '/admin/users',
  live: '/admin/live',
  audit: '/admin/audit',
  webhooks: '/admin/webhooks',
  'rate-limits': '/admin/limits',
  keys: '/admin/keys',
  devices: '/account',
  'security-events': '/account/activity',
  profile: '/account/profile',
};

/** Pages of one thing; the link on the page of all of them that leads there. */
const details = {
  session: { from: '/admin/sessions', link: 'tessa.moreau@example.com' },
  user: { from: '/admin/users', link: 'Tessa Moreau' },
  webhook: { from: '/admin/webhooks', link: 'Billing' },
};

async function photograph(browser, origin, { suffix, ...look }) {
  const context = await browser.newContext({ viewport: desktop, reducedMotion: 'reduce', ...look });
  const page = await context.newPage();
  const take = async (name) => {
    await page.getByRole('heading', { level: 1 }).waitFor();
    await sleep(1_500);
    if (name === 'live') await happen(origin);
    await page.screenshot({ path: join(folder, `${name}${suffix}.png`) });
  };
  await page.goto(`${origin}/admin/sign-in`);
  await take('sign-in');
  await page.getByLabel('E-mail address or username').fill(admin.email);
  await page.getByLabel('Password', { exact: true }).fill(admin.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  for (const [name, path] of Object.entries(pages)) {
    await page.goto(origin + path);
    await take(name);
  }
  for (const [name, { from, link }] of Object.entries(details)) {
    await page.goto(origin + from);
    await page.getByRole('link', { name: link }).first().click();
    await take(name);
  }
  await context.close();
}

const dataFolder = mkdtempSync(join(tmpdir(), 'rollcall-screenshots-'));
mkdirSync(folder, { recursive: true });
const { api, origin } = await start(dataFolder);
const browser = await chromium.launch({
  executablePath: findChromium() ?? undefined,
  args: ['--no-sandbox'],
});
try {
  await seed(origin);
  await photograph(browser, origin, { suffix: '' });
  await photograph(browser, origin, { suffix: '-dark', colorScheme: 'dark' });
  await photograph(browser, origin, { suffix: '-phone', viewport: phone });
} finally {
  await browser.close();
  api.kill();
  await new Promise((resolve) => api.once('exit', resolve));
  rmSync(dataFolder, { recursive: true, force: true });
}
