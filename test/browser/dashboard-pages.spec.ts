import { Browser, FakeClock, RedisProcess } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson, type Person } from '../support/people.js';
import { Visit } from './dashboard-visit.js';

const minute = 60_000;
const paths = [
  '/admin',
  '/admin/sessions',
  '/admin/users',
  '/admin/live',
  '/admin/audit',
  '/admin/webhooks',
  '/admin/limits',
  '/admin/keys',
  '/account',
  '/account/activity',
  '/account/profile',
];
const payload = '<img src=x onerror=alert(1)>';

let api: Api;
let browser: Browser;
let redis: RedisProcess;
let administrator: Person;
let visit: Visit;
const clock = new FakeClock(new Date());

beforeAll(async () => {
  // One after the other: a browser that starts takes all cores, and a connection has to be there within 300 ms.
  browser = await Browser.start();
  redis = await RedisProcess.start();
  api = await startApi({ clock, env: { REDIS_URL: redis.url } });
  administrator = (await api.administrator(aPerson({ full_name: payload }))).person;
}, 60_000);

afterAll(async () => {
  await browser?.stop();
  await redis?.stop();
});

beforeEach(async () => {
  visit = await Visit.start(browser, api);
}, 60_000);

afterEach(async () => {
  expect(visit.complaints).toEqual([]);
  await visit.context.close();
});

/** Signs the administrator in, on the way to the given page. */
async function enter(path: string): Promise<void> {
  await visit.open(path);
  await visit.signIn(administrator);
}

const later = (minutes: number): void => clock.set(new Date(clock.now().getTime() + minutes * minute));

async function endFromItsPage(device: SignedInDevice): Promise<void> {
  const { page } = visit;
  await page.getByRole('link', { name: device.person.email }).first().click();
  await page.getByRole('button', { name: 'End session' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End one session' }).click();
}

async function expectEnded(device: SignedInDevice): Promise<void> {
  await visit.page.getByText('Ended by an administrator').first().waitFor();
  expectProblem(await device.get('/auth/session'), {
    status: 401,
    code: 'SESSION_ENDED',
    end_reason: 'admin',
    ended_at: expect.any(String),
  });
}

describe('an administrator', () => {
  it('finds a session and ends it, and its token is refused', async () => {
    const device = await api.register();
    await enter(`/admin/sessions?email=${device.person.email}`);
    await endFromItsPage(device);
    await expectEnded(device);
  }, 60_000);

  it('proves the password again where it was proven too long ago, after a silent refresh', async () => {
    const device = await api.register();
    await enter(`/admin/sessions?email=${device.person.email}`);
    await visit.page.getByRole('link', { name: device.person.email }).waitFor();
    later(11);
    await endFromItsPage(device);
    const question = visit.page.getByRole('dialog', { name: 'Confirm that it is you' });
    await question.locator('input[name="password"]').fill(administrator.password);
    await question.getByRole('button', { name: 'Confirm' }).click();
    await expectEnded(device);
  }, 60_000);

  it('is sent to sign in when the session is over, and comes back to the same link', async () => {
    const link = '/admin/users?role=admin';
    await enter(link);
    await visit.page.getByRole('heading', { name: 'Users' }).waitFor();
    later(20);
    await visit.page.reload();
    await visit.page.getByText('Your session has ended').waitFor();
    await visit.signIn(administrator);
    await visit.page.getByRole('heading', { name: 'Users' }).waitFor();
    expect(visit.address).toBe(link);
  }, 60_000);

  it('sees what happens as it happens', async () => {
    await enter('/admin/live');
    await visit.page.getByRole('status').getByText('Live', { exact: true }).waitFor();
    await visit.page.getByText('Nothing yet').waitFor();
    await api.register();
    await visit.page.getByText('Nothing yet').waitFor({ state: 'detached' });
    expect(await visit.page.getByRole('listitem').filter({ hasText: 'Account created' }).count()).toBe(1);
  }, 60_000);

  it('reads what others have written as text', async () => {
    const device = await api.register(aPerson({ full_name: payload }), { 'user-agent': payload });
    await enter(`/admin/sessions/${device.sessionId}`);
    await visit.page.getByText(payload).first().waitFor();
    await visit.open(`/admin/users/${device.userId}`);
    await visit.page.getByRole('heading', { name: payload }).waitFor();
    expect(await visit.page.locator('img[src="x"]').count()).toBe(0);
    const url = `https://hooks.example.com/?${payload}`;
    const hook = { url, label: payload, events: ['session.*'] };
    await (await api.signIn(administrator)).post('/admin/webhooks', hook).expect(201);
    await visit.open('/admin/webhooks');
    await visit.page.getByRole('link', { name: payload }).click();
    await visit.page.getByRole('heading', { name: payload }).waitFor();
    await visit.page.getByText('hooks.example.com').first().waitFor();
    expect(await visit.page.locator('img[src="x"]').count()).toBe(0);
  }, 60_000);
});

it.each(['light', 'dark'] as const)(
  'has no serious obstacle on any page in the %s [WCAG 2.2 AA]',
  async (colorScheme) => {
    const device = await api.register();
    await visit.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await visit.open('/admin/sign-in');
    await visit.page.getByRole('heading', { name: 'Sign in' }).waitFor();
    const found = new Map([['sign-in', await visit.obstacles()]]);
    await visit.signIn(administrator);
    await visit.page.getByRole('link', { name: 'Overview' }).waitFor();
    for (const path of [...paths, `/admin/users/${device.userId}`, `/admin/sessions/${device.sessionId}`]) {
      await visit.open(path);
      await visit.page.getByRole('heading', { level: 1 }).waitFor();
      // The stream of the live page never ends; the others have all they show once nothing is asked any more.
      if (path !== '/admin/live') await visit.page.waitForLoadState('networkidle');
      found.set(path, await visit.obstacles());
    }
    expect(Object.fromEntries([...found].filter(([, list]) => list.length > 0))).toEqual({});
  },
  90_000,
);
