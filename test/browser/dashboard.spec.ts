import { readdirSync, readFileSync, statSync } from 'node:fs';
import { Browser, FakeClock } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { aPerson, goodPassword } from '../support/people.js';
import { Visit } from './dashboard-visit.js';

/** Of scripts that the first view loads, as gzip sends them. */
const budgetBytes = 300 * 1024;

const minute = 60_000;

let api: Api;
let browser: Browser;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  const env = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_GLOBAL: '100000/60', RATE_LIMIT_AUTH: '1000/60' };
  // One after the other: a browser that starts takes all cores, and a connection has to be there within 300 ms.
  browser = await Browser.start();
  api = await startApi({ clock, env });
}, 60_000);

afterAll(() => browser?.stop());

async function visitOf(path: string): Promise<Visit> {
  const visit = await Visit.start(browser, api);
  await visit.open(path);
  return visit;
}

describe('the page', () => {
  it('loads at most 300 KB of compressed script before it shows anything', () => {
    const folder = 'dist/dashboard';
    const html = readFileSync(`${folder}/index.html`, 'utf8');
    const scripts = [...html.matchAll(/\/admin\/(assets\/[\w.-]+\.js)/g)].map(
      ([, file]) => `${folder}/${file}.gz`,
    );
    expect(scripts.length).toBeGreaterThan(0);
    expect(scripts.reduce((sum, file) => sum + statSync(file).size, 0)).toBeLessThan(budgetBytes);
  });

  it('is never kept, its files are for ever, and nothing below /api is taken for a page', async () => {
    const page = await api.root('get', '/admin/sessions/1?page=2').expect(200);
    expect(page.headers['cache-control']).toBe('no-store');
    expect(page.headers['content-security-policy']).toMatch(/script-src 'self';.*'nonce-[\w+/]{22}=='/);
    expect(page.headers['content-security-policy']).not.toMatch(/unsafe|https?:/);
    expect(page.text).not.toContain('{{nonce}}');
    const again = await api.root('get', '/account').expect(200);
    expect(again.text).not.toBe(page.text);
    const file = readdirSync('dist/dashboard/assets').find((name) => name.endsWith('.js'))!;
    const asset = await api.root('get', `/admin/assets/${file}`).expect(200);
    expect(asset.headers).toMatchObject({
      'cache-control': 'public, max-age=31536000, immutable',
      'content-type': 'application/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    await api.root('get', '/admin/assets/none.js').expect(404);
    await api.root('get', '/api/v1/nothing').expect(404);
    await api.root('get', '/administrator').expect(404);
  });
});

describe('signing in', () => {
  it('brings a person to their devices, and out again', async () => {
    const { person } = await api.register(aPerson({ full_name: 'Ann <b>Example</b>' }));
    const visit = await visitOf('/account');
    await visit.signIn(person);
    await visit.page.getByRole('heading', { name: 'My devices' }).waitFor();
    await visit.page.getByText('This device').waitFor();
    await visit.page.getByText('Ann <b>Example</b>').waitFor();
    await visit.page.getByRole('button', { name: 'Ann' }).click();
    await visit.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await visit.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(visit.complaints).toEqual([]);
    await visit.context.close();
  });

  it('computes an answer once too many have failed', async () => {
    const { person } = await api.register();
    const visit = await visitOf('/admin');
    for (let failures = 0; failures < 5; failures += 1)
      await api
        .send('post', '/auth/signin')
        .send({ ...person, password: 'not the right one' })
        .expect(401);
    clock.set(new Date(clock.now().getTime() + minute));
    await visit.signIn(person);
    await visit.page.getByRole('heading', { name: 'My devices' }).waitFor();
    await visit.open('/admin');
    await visit.page.getByText('For administrators only').waitFor();
    expect(visit.complaints).toEqual([]);
    await visit.context.close();
  }, 60_000);

  it('asks for another password first where an administrator wants one', async () => {
    const administrator = await api.administrator();
    const { person, userId } = await api.register();
    await administrator.post(`/admin/users/${userId}/require-password-change`, {}).expect(200);
    const visit = await visitOf('/account');
    await visit.signIn(person);
    await visit.page.getByRole('heading', { name: 'Choose a new password' }).waitFor();
    await visit.page.getByLabel('Current password').fill(person.password);
    await visit.page.getByLabel('New password', { exact: true }).fill(`${goodPassword} again`);
    await visit.page.getByLabel('New password again').fill(`${goodPassword} again`);
    await visit.page.getByRole('button', { name: 'Save and go on' }).click();
    await visit.page.getByRole('heading', { name: 'My devices' }).waitFor();
    expect(visit.complaints).toEqual([]);
    await visit.context.close();
  });
});
