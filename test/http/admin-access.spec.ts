import { eventually, FakeClock } from '@app/testing';
import { type Api, type Caller, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson } from '../support/people.js';
import { routesOf } from '../support/registered-routes.js';

const minute = 60_000;

describe('the routes for administrators', () => {
  const clock = new FakeClock(new Date('2026-03-01T12:00:00Z'));
  const person = aPerson();
  let api: Api;
  let routes: { method: string; path: string }[];
  let administrator: SignedInDevice;

  beforeAll(async () => {
    api = await startApi({ clock });
    routes = Object.keys(routesOf(api.app))
      .map((route) => route.split(' ') as [string, string])
      .filter(([, path]) => path.startsWith('/api/v1/admin'))
      .map(([method, path]) => ({ method, path: path.replaceAll(/:\w+/g, 'a'.repeat(64)) }));
    administrator = await api.administrator(person);
  });

  /** The same answer on each of them. */
  async function expectEverywhere(caller: Caller, status: number, code: string): Promise<void> {
    expect(routes.length).toBeGreaterThan(0);
    for (const { method, path } of routes) {
      const reply = await caller.send(method.toLowerCase() as 'get', path, method === 'GET' ? undefined : {});
      expect([method, path, reply.status, reply.body.code]).toEqual([method, path, status, code]);
    }
  }

  it('v5.0.0-8.4.2 let an administrator in who has signed in as one', async () => {
    await administrator.get('/admin/system').expect(200);
  });

  it('v5.0.0-8.3.1 refuse somebody who is no administrator', async () => {
    await expectEverywhere(await api.register(), 403, 'FORBIDDEN');
  });

  it('v5.0.0-8.4.2 refuse a session that was opened before its user became administrator', async () => {
    const device = await api.register();
    await api.sql(`update users set role = 'admin' where id = $1`, [device.userId]);
    await expectEverywhere(device, 403, 'FORBIDDEN');
  });

  it('v5.0.0-8.4.2 refuse a share of an administrator’s session', async () => {
    const { body } = await administrator
      .post('/sessions/shares', { minutes: 30, label: 'Support' })
      .expect(201);
    const share = await api
      .send('post', '/auth/shares/redeem')
      .send({ token: body.data.token, transport: 'bearer' })
      .expect(200);
    await expectEverywhere(api.as(share.body.data.access_token), 403, 'FORBIDDEN');
  });

  it('v5.0.0-8.3.2 refuse an administrator from the moment on that the role is taken away', async () => {
    const device = await api.administrator();
    await device.get('/admin/system').expect(200);
    await api.sql(
      `with taken as (update users set role = 'user' where id = $1 returning id)
       insert into event_log (type, user_id, payload, created_at) select 'user.updated', id, '{}', now() from taken`,
      [device.userId],
    );
    await eventually(async () => (await device.get('/admin/system')).status === 403, {
      describe: 'the change is known',
    });
    await expectEverywhere(device, 403, 'FORBIDDEN');
  });

  it('v5.0.0-7.3.1 refuse an administrator’s session that was left alone for 16 minutes', async () => {
    const device = await api.administrator();
    clock.advance(16 * minute);
    await expectEverywhere(device, 401, 'SESSION_EXPIRED');
  });

  it('refuse who brings nothing', async () => {
    for (const { method, path } of routes)
      expectProblem(await api.send(method.toLowerCase() as 'get', path), {
        status: 401,
        code: 'UNAUTHENTICATED',
      });
  });
});
