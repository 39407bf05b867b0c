import { FakeClock } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';

const settings = { url: 'https://93.184.216.34/hooks', label: 'billing', events: ['session.ended'] };
const unknown = '019a9f3e-7c41-7d1b-9a55-2f0e6c8b4d99';

const noon = '2026-03-01T12:00:00.000Z';
const clock = new FakeClock(new Date(noon));
let api: Api;
let administrator: SignedInDevice;

beforeAll(async () => {
  // Nothing is sent: these are about what administrators see and change.
  api = await startApi({ clock, env: { JOBS_ENABLED: 'false' } });
  administrator = await api.administrator();
}, 40_000);

beforeEach(() => api.sql('update webhook_endpoints set removed_at = now()'));

const post = (path: string, body: object = {}) => administrator.post(`/admin/webhooks${path}`, body);
const shown = async (path: string) =>
  (await administrator.get(`/admin/webhooks${path}`).expect(200)).body.data;

async function create(more: object = {}): Promise<{ id: string; secret: string }> {
  const { body } = await post('', { ...settings, ...more }).expect(201);
  return body.data;
}

const acts = (id: string) =>
  api.sql<{ type: string; payload: Record<string, unknown> }>(
    `select type, payload - 'endpoint_id' as payload from event_log
      where payload ->> 'endpoint_id' = $1 order by event_log.id`,
    [id],
  );

describe('webhooks as administrators manage them', () => {
  it('show their secret once, and keep it sealed', async () => {
    const [one, other] = [await create(), await create()];
    expect(one.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(other.secret).not.toBe(one.secret);
    const key = Buffer.from(one.secret.slice(6), 'base64');
    const [row] = await api.sql<{ sealed_secret: Buffer; all: string }>(
      'select sealed_secret, to_jsonb(e)::text as all from webhook_endpoints e where id = $1',
      [one.id],
    );
    expect(row!.sealed_secret.includes(key)).toBe(false);
    const { secret: _, ...rest } = one;
    expect(await shown(`/${one.id}`)).toEqual({ ...rest, unfinished: 0, dead: 0 });
    expect((await shown('')).webhooks.map(({ id }: { id: string }) => id)).toEqual([one.id, other.id]);
    expect(api.log.text).not.toContain(one.secret.slice(6));
  });

  it('are changed, disabled, enabled, renewed and removed, which the log tells of', async () => {
    const { id, secret } = await create({ reason: 'ticket 1' });
    const by = administrator.userId;
    const changed = await administrator
      .put(`/admin/webhooks/${id}`, { events: ['user.*'], label: 'crm' })
      .expect(200);
    expect(changed.body.data).toMatchObject({ url: settings.url, label: 'crm', events: ['user.*'] });
    const disabled = await post(`/${id}/disable`, { reason: 'maintenance' }).expect(200);
    expect(disabled.body.data).toMatchObject({ state: 'disabled', disabled_reason: 'administrator' });
    expectProblem(await post(`/${id}/ping`), { status: 409, code: 'CONFLICT', field: 'state' });
    expectProblem(await post(`/${id}/replay`, { what: 'dead' }), {
      status: 409,
      code: 'CONFLICT',
      field: 'state',
    });
    expect((await post(`/${id}/enable`).expect(200)).body.data).toMatchObject({ state: 'enabled' });
    const renewed = await post(`/${id}/rotate-secret`).expect(200);
    expect(renewed.body.data.secret).not.toBe(secret);
    expect(renewed.body.data.old_secret_until).toBe('2026-03-02T12:00:00.000Z');
    const immediate = await post(`/${id}/rotate-secret`, { overlap_seconds: 0 }).expect(200);
    expect(immediate.body.data.old_secret_until).toBeNull();
    await post(`/${id}/ping`).expect(202);
    await post(`/${id}/replay`, { what: 'all', since: '2026-03-01T13:00:00+01:00' }).expect(202);
    await administrator.delete(`/admin/webhooks/${id}?reason=over`).expect(200);
    expectProblem(await administrator.get(`/admin/webhooks/${id}`), { status: 404, code: 'NOT_FOUND' });
    expect(await acts(id)).toEqual([
      { type: 'webhook.created', payload: { label: 'billing', by, note: 'ticket 1' } },
      { type: 'webhook.updated', payload: { fields: ['label', 'events'], by } },
      { type: 'webhook.disabled', payload: { reason: 'administrator', by, note: 'maintenance' } },
      { type: 'webhook.enabled', payload: { by } },
      { type: 'webhook.secret_rotated', payload: { seconds: 86_400, by } },
      { type: 'webhook.secret_rotated', payload: { seconds: 0, by } },
      { type: 'webhook.pinged', payload: { by } },
      { type: 'webhook.replayed', payload: { filter: { what: 'all', since: noon }, by } },
      { type: 'webhook.deleted', payload: { label: 'crm', by, note: 'over' } },
    ]);
  });

  it.each([
    ['no address', { url: 'nonsense' }, 'url'],
    ['an address longer than 2048 characters', { url: `https://example.com/${'a'.repeat(2_048)}` }, 'url'],
    ['plain HTTP', { url: 'http://example.com/' }, 'url'],
    ['a private address', { url: 'https://10.0.0.1/' }, 'url'],
    ['credentials', { url: 'https://a:b@example.com/' }, 'url'],
    ['a type that does not exist', { events: ['sesion.ended'] }, 'events.0'],
    ['no types', { events: [] }, 'events'],
    ['no label', { label: '' }, 'label'],
  ])('v5.0.0-1.3.6 are not made with %s, nor changed to it', async (_what, wrong, field) => {
    const { id } = await create();
    for (const reply of [
      await post('', { ...settings, ...wrong }),
      await administrator.put(`/admin/webhooks/${id}`, wrong),
    ]) {
      expectProblem(reply, { status: 400, code: 'VALIDATION_FAILED', errors: expect.any(Array) });
      expect(reply.body.errors).toEqual([{ field, message: expect.any(String) }]);
    }
  });

  it('v5.0.0-2.3.2 are twenty at most, however many ask at once', async () => {
    const { id } = await create();
    await api.sql(
      `insert into webhook_endpoints (id, url, label, events, sealed_secret, created_at, updated_at)
       select gen_random_uuid(), url, label, events, sealed_secret, created_at, updated_at
         from webhook_endpoints, generate_series(1, 18) where id = $1`,
      [id],
    );
    const replies = await Promise.all(Array.from({ length: 4 }, () => post('', settings)));
    expect(replies.map(({ status }) => String(status)).toSorted()).toEqual(['201', '409', '409', '409']);
    expect(replies.find(({ status }) => status === 409)!.body.code).toBe('CONFLICT');
  });

  it('have their deliveries listed in pages, by state and type', async () => {
    const { id } = await create({ events: ['*'] });
    for (let count = 0; count < 3; count += 1) await post(`/${id}/ping`).expect(202);
    const first = await shown(`/${id}/deliveries?page_size=2&state=pending&type=webhook.ping`);
    expect(first).toMatchObject({ count: 2, next_page_token: expect.any(String) });
    const rest = await shown(`/${id}/deliveries?page_size=2&page_token=${first.next_page_token}`);
    expect(rest).toMatchObject({ count: 1, next_page_token: null });
    const [one] = rest.deliveries;
    expect(await shown(`/${id}/deliveries/${one.id}`)).toEqual(one);
    expect((await shown(`/${id}/deliveries?state=dead`)).deliveries).toEqual([]);
    const again = await post(`/${id}/deliveries/${one.id}/replay`).expect(202);
    expect(again.body.data).toMatchObject({ id: one.id, state: 'pending' });
    const refused = await administrator.get(`/admin/webhooks/${id}/deliveries?page_token=x`);
    expectProblem(refused, { status: 400, code: 'VALIDATION_FAILED', errors: expect.any(Array) });
    for (const since of [undefined, 'yesterday', '0000-01-01T00:00:00Z', '9999-12-31T23:59:59-01:00'])
      expectProblem(await post(`/${id}/replay`, { what: 'all', since }), {
        status: 400,
        code: 'VALIDATION_FAILED',
        errors: [{ field: 'since', message: expect.any(String) }],
      });
  });

  it('v5.0.0-8.2.2 are not found under an id that is none or of another webhook', async () => {
    const [mine, other] = [await create(), await create()];
    const ping = await post(`/${mine.id}/ping`).expect(202);
    for (const path of [
      `/${unknown}`,
      '/nonsense',
      `/${unknown}/deliveries`,
      `/${mine.id}/deliveries/nonsense`,
      `/${mine.id}/deliveries/999999`,
      `/${other.id}/deliveries/${ping.body.data.id}`,
    ])
      expectProblem(await administrator.get(`/admin/webhooks${path}`), { status: 404, code: 'NOT_FOUND' });
    for (const path of [
      'enable',
      'disable',
      'ping',
      'rotate-secret',
      `deliveries/${ping.body.data.id}/replay`,
    ])
      expectProblem(await post(`/${unknown}/${path}`), { status: 404, code: 'NOT_FOUND' });
    expectProblem(await post(`/${unknown}/replay`, { what: 'dead' }), { status: 404, code: 'NOT_FOUND' });
  });

  it('v5.0.0-7.5.3 are changed only by who has just proven the password', async () => {
    const { id } = await create();
    clock.advance(10 * 60_000 + 1);
    const { body } = await api.refresh(administrator.refreshToken).expect(200);
    const stale = api.as(body.data.access_token);
    const replies = [
      await stale.post('/admin/webhooks', settings),
      await stale.put(`/admin/webhooks/${id}`, { label: 'x' }),
      await stale.delete(`/admin/webhooks/${id}`),
    ];
    for (const path of ['disable', 'enable', 'rotate-secret', 'ping', 'replay', 'deliveries/1/replay'])
      replies.push(await stale.post(`/admin/webhooks/${id}/${path}`));
    expect(new Set(replies.map((reply) => reply.body.code))).toEqual(new Set(['STEP_UP_REQUIRED']));
    await stale.get(`/admin/webhooks/${id}`).expect(200);
  });
});
