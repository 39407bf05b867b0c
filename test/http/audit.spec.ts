import { AuditVerification } from '@app/audit';
import { eventually, FakeClock } from '@app/testing';
import type { Response } from 'supertest';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { aPerson } from '../support/people.js';
import { routesOf } from '../support/registered-routes.js';

type Record_ = Record<string, unknown> & { seq: number; type: string };

describe('the audit', () => {
  const clock = new FakeClock(new Date('2026-03-01T12:00:00Z'));
  let api: Api;
  let administrator: SignedInDevice;

  beforeAll(async () => {
    api = await startApi({ clock, env: { SESSION_LIMIT: '50', WEBHOOK_ALLOW_PRIVATE: 'true' } });
    administrator = await api.administrator();
  });

  const list = async (query = ''): Promise<Record_[]> =>
    (await administrator.get(`/admin/audit?page_size=100${query}`).expect(200)).body.data.records;

  /** Everything that has happened has been written down. */
  async function settled(): Promise<void> {
    const [last] = await api.sql<{ id: string }>('select max(id) as id from event_log');
    const seen = async () => (await api.sql('select from audit_log where event_id = $1', [last!.id])).length;
    await eventually(async () => (await seen()) > 0, {
      describe: 'the last event is recorded',
      timeoutMs: 30_000,
    });
  }

  const webhook = { url: 'http://127.0.0.1:9/', label: 'Nobody', events: ['key.rotated'] };

  /** What each route that changes something does here, by its path, and as what it is recorded. */
  const acts: Record<string, { type: string; path: () => Promise<string>; body?: object }> = {
    'POST /api/v1/admin/users': {
      type: 'user.created',
      path: async () => '/admin/users',
      body: { email: aPerson().email },
    },
    'POST /api/v1/admin/users/:id/disable': { type: 'user.disabled', path: () => ofUser('/disable') },
    'POST /api/v1/admin/users/:id/enable': { type: 'user.enabled', path: () => ofUser('/enable') },
    'PUT /api/v1/admin/users/:id/role': {
      type: 'user.role_changed',
      path: () => ofUser('/role'),
      body: { role: 'admin' },
    },
    'POST /api/v1/admin/users/:id/require-password-change': {
      type: 'user.password_change_required',
      path: () => ofUser('/require-password-change'),
    },
    'POST /api/v1/admin/users/:id/unlock': { type: 'user.unlocked', path: () => ofUser('/unlock') },
    'DELETE /api/v1/admin/users/:id/sessions': {
      type: 'user.sessions_revoked',
      path: () => ofUser('/sessions'),
    },
    'DELETE /api/v1/admin/sessions/:id': {
      type: 'session.ended',
      path: async () => `/admin/sessions/${(await api.register()).sessionId}`,
    },
    'POST /api/v1/admin/sessions/end': {
      type: 'session.bulk_end_requested',
      path: async () => '/admin/sessions/end',
      body: { filter: { email: 'nobody@example.com' }, dry_run: false },
    },
    'DELETE /api/v1/admin/shares/:id': { type: 'share.revoked', path: shareOf },
    'POST /api/v1/admin/keys/rotate': { type: 'key.rotated', path: async () => '/admin/keys/rotate' },
    'POST /api/v1/admin/keys/:kid/withdraw': { type: 'key.withdrawn', path: withdrawalOf },
    'POST /api/v1/admin/webhooks': {
      type: 'webhook.created',
      path: async () => '/admin/webhooks',
      body: webhook,
    },
    'PUT /api/v1/admin/webhooks/:id': { type: 'webhook.updated', path: ofWebhook, body: { label: 'Other' } },
    'DELETE /api/v1/admin/webhooks/:id': { type: 'webhook.deleted', path: ofWebhook },
    'POST /api/v1/admin/webhooks/:id/disable': {
      type: 'webhook.disabled',
      path: () => ofWebhook('/disable'),
    },
    'POST /api/v1/admin/webhooks/:id/enable': { type: 'webhook.enabled', path: () => ofWebhook('/enable') },
    'POST /api/v1/admin/webhooks/:id/rotate-secret': {
      type: 'webhook.secret_rotated',
      path: () => ofWebhook('/rotate-secret'),
    },
    'POST /api/v1/admin/webhooks/:id/ping': { type: 'webhook.pinged', path: () => ofWebhook('/ping') },
    'POST /api/v1/admin/webhooks/:id/replay': {
      type: 'webhook.replayed',
      path: () => ofWebhook('/replay'),
      body: { what: 'dead' },
    },
    'POST /api/v1/admin/webhooks/:id/deliveries/:delivery/replay': {
      type: 'webhook.replayed',
      path: deliveryOf,
    },
    'POST /api/v1/admin/rate-limits/reset': {
      type: 'rate_limit.reset',
      path: async () => '/admin/rate-limits/reset',
      body: { policy: 'auth', subject: '203.0.113.7' },
    },
  };

  async function ofWebhook(path = ''): Promise<string> {
    const { body } = await administrator.post('/admin/webhooks', webhook).expect(201);
    return `/admin/webhooks/${body.data.id}${path}`;
  }

  async function deliveryOf(): Promise<string> {
    const path = await ofWebhook();
    const { body } = await administrator.post(`${path}/ping`).expect(202);
    return `${path}/deliveries/${body.data.id}/replay`;
  }

  async function ofUser(path: string): Promise<string> {
    return `/admin/users/${(await api.register()).userId}${path}`;
  }

  async function shareOf(): Promise<string> {
    const device = await api.register();
    const { body } = await device.post('/sessions/shares', { minutes: 30, label: 'Support' }).expect(201);
    return `/admin/shares/${body.data.id}`;
  }

  async function withdrawalOf(): Promise<string> {
    const { body } = await administrator.get('/admin/keys').expect(200);
    const { kid } = body.data.keys.find(({ state }: { state: string }) => state === 'next');
    return `/admin/keys/${kid}/withdraw`;
  }

  it('v5.0.0-7.4.5 tells of every act of an administrator who did it and why', async () => {
    const changing = Object.keys(routesOf(api.app)).filter(
      (route) => route.includes(' /api/v1/admin') && !route.startsWith('GET'),
    );
    expect(Object.keys(acts).toSorted()).toEqual(changing.toSorted());
    clock.advance(10 * 60_000);
    administrator = await api.signIn(administrator.person);
    for (const [route, { path, body }] of Object.entries(acts)) {
      const [method] = route.split(' ') as [string];
      const reason = `because of ${route}`;
      const at = await path();
      const reply =
        method === 'DELETE'
          ? await administrator.delete(`${at}?reason=${encodeURIComponent(reason)}`)
          : await administrator.send(method.toLowerCase() as 'post', at, { ...body, reason });
      expect([route, reply.status < 300]).toEqual([route, true]);
    }
    await settled();
    const records = await list(`&actor_id=${administrator.userId}`);
    const told = Object.entries(acts).map(([route, { type }]) => {
      const reason = `because of ${route}`;
      return records.some((record) => record.type === type && record.reason === reason) ? null : route;
    });
    expect(told.filter((route) => route !== null)).toEqual([]);
  }, 60_000);

  it('tells of sign-ins from where, and of those that failed', async () => {
    const device = await api.register();
    await api
      .send('post', '/auth/signin')
      .send({ email: device.person.email, password: 'some quite wrong words' })
      .expect(401);
    await eventually(async () => (await list(`&user_id=${device.userId}&type=signin.failed`)).length === 1, {
      describe: 'the failure is recorded',
      timeoutMs: 30_000,
    });
    const [failed] = await list(`&user_id=${device.userId}&type=signin.failed`);
    expect(failed).toMatchObject({ actor_kind: 'unknown', actor_id: null, ip_address: '127.0.0.1' });
    const [created] = await list(`&session_id=${device.sessionId}`);
    expect(created).toMatchObject({ type: 'session.created', actor_id: device.userId });
  });

  it('is paged, newest first, and cut by time', async () => {
    await settled();
    const all = await list();
    const paged: Record_[] = [];
    for (let path: string | null = '/admin/audit?page_size=7'; path !== null;) {
      const reply: Response = await administrator.get(path).expect(200);
      paged.push(...reply.body.data.records);
      path = /<\/api\/v1(.*)>; rel="next"/.exec(reply.headers.link ?? '')?.[1] ?? null;
    }
    expect(paged.slice(0, all.length)).toEqual(all);
    const { at } = all[3]! as unknown as { at: string };
    expect((await list(`&from=${at}`)).length).toBeGreaterThan(0);
    expect((await list(`&to=${at}`)).some((record) => record.at === at)).toBe(false);
    const wrongPlace = Buffer.from('["0000-01-01T00:00:00Z",1]').toString('base64url');
    for (const query of [
      'actor_id=x',
      'session_id=x',
      'type=x',
      'from=yesterday',
      'from=0000-01-01T00:00:00Z',
      'to=9999-12-31T23:59:59-01:00',
      'page_token=x',
      `page_token=${wrongPlace}`,
    ])
      expectProblem(await administrator.get(`/admin/audit?${query}`), {
        status: 400,
        code: 'VALIDATION_FAILED',
        errors: expect.any(Array),
      });
  });

  it('is exported as one line for each record, and that it was is in it', async () => {
    await settled();
    const [count] = await api.sql<{ n: number }>('select count(*)::int as n from audit_log');
    clock.advance(1);
    const reply = await administrator.get('/admin/audit/export').buffer(true).parse(asText).expect(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/x-ndjson',
      'content-disposition': 'attachment; filename="audit-2026-03-01.jsonl"',
      'cache-control': 'no-store',
    });
    const lines = (reply.body as string).trimEnd().split('\n');
    const records = lines.map((line) => JSON.parse(line) as Record_);
    expect(records).toHaveLength(count!.n);
    expect(records.slice(-3).toReversed()).toEqual((await list()).slice(0, 3));
    await settled();
    expect(await list('&type=audit.exported')).toMatchObject([
      { actor_id: administrator.userId, details: { filter: {} } },
    ]);
    const some = await administrator
      .get(`/admin/audit/export?type=key.rotated`)
      .buffer(true)
      .parse(asText)
      .expect(200);
    expect((some.body as string).trimEnd().split('\n')).toHaveLength(1);
  });

  it('shows how far it reaches and what its last verification said', async () => {
    await settled();
    const before = await administrator.get('/admin/audit/verification').expect(200);
    expect(before.body.data).toMatchObject({ purged: 0, last_verification: null });
    const { length, head } = await api.app.get(AuditVerification, { strict: false }).run();
    const { body } = await administrator.get('/admin/audit/verification').expect(200);
    expect(body.data).toMatchObject({ length, head, last_verification: { whole: true, length, head } });
  });
});

function asText(from: unknown, done: (error: Error | null, text: string) => void): void {
  const reply = from as NodeJS.ReadableStream;
  let text = '';
  reply.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  reply.on('end', () => done(null, text));
}
