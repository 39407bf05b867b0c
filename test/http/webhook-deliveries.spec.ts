import { eventually, FakeClock } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { answers, type Received, type Told, WebhookReceiver } from '../support/webhook-receiver.js';

const noon = new Date('2026-03-01T12:00:00.000Z');
const second = 1_000;
const hour = 3_600 * second;
const day = 24 * hour;

const clock = new FakeClock(noon);
let api: Api;
let administrator: SignedInDevice;
const receivers: WebhookReceiver[] = [];

interface Hook {
  readonly id: string;
  readonly secret: string;
  readonly receiver: WebhookReceiver;
}

beforeAll(async () => {
  api = await startApi({ clock, env: { WEBHOOK_ALLOW_PRIVATE: 'true', WEBHOOK_TIMEOUT: '1' } });
});

/** Freshly signed in, whatever the clock has done. */
beforeEach(async () => {
  await api.sql('update webhook_endpoints set removed_at = now()');
  administrator = await api.administrator();
});

afterAll(() => Promise.all(receivers.map((receiver) => receiver.close())));

async function hook(events: readonly string[] = ['session.*']): Promise<Hook> {
  const receiver = await WebhookReceiver.start();
  receivers.push(receiver);
  const settings = { url: receiver.url, label: 'test', events };
  const { body } = await administrator.post('/admin/webhooks', settings).expect(201);
  return { id: body.data.id, secret: body.data.secret, receiver };
}

const comes = (describe: string, probe: () => unknown): Promise<unknown> =>
  eventually(probe, { timeoutMs: 10_000, describe });

const arrived = ({ receiver }: Hook, count: number): Promise<unknown> =>
  comes(`${count} webhooks`, () => receiver.accepted.length >= count);

const post = (path: string, body: object = {}) => administrator.post(`/admin/webhooks/${path}`, body);
const shown = async (path: string) =>
  (await administrator.get(`/admin/webhooks/${path}`).expect(200)).body.data;
const deliveries = async ({ id }: Hook, query = '') => (await shown(`${id}/deliveries?${query}`)).deliveries;
const lineOf = (event: string, { id }: Hook) => api.log.find(event).find((line) => line.endpoint_id === id);

async function signInAndOut(): Promise<SignedInDevice> {
  const device = await api.register();
  await device.post('/auth/signout').expect(200);
  return device;
}

const ofSession = (told: Told[], { sessionId }: SignedInDevice): string[] =>
  told.filter(({ data }) => data.session_id === sessionId).map(({ type }) => type);

const timestampOf = ({ headers }: Received): number => Number(headers['webhook-timestamp']);

/** The library holds timestamps against the time of the machine. */
const verified = (of: Hook, from?: readonly Received[]): Told[] => {
  const now = jest.spyOn(Date, 'now').mockReturnValue(clock.now().getTime());
  try {
    return of.receiver.verified(of.secret, from);
  } finally {
    now.mockRestore();
  }
};

describe('webhooks', () => {
  it('tell what happens, in the order of each session, so that the official library believes them', async () => {
    const told = await hook();
    const device = await signInAndOut();
    await arrived(told, 2);
    const messages = verified(told);
    expect(ofSession(messages, device)).toEqual(['session.created', 'session.ended']);
    const ended = messages.find(({ type }) => type === 'session.ended')!;
    expect(ended).toEqual({
      type: 'session.ended',
      timestamp: expect.stringMatching(/^2026-03-01T12:/),
      data: {
        event_id: expect.stringMatching(/^\d+$/),
        user_id: device.userId,
        session_id: device.sessionId,
        token_id: null,
        details: { reason: 'signout', started_at: expect.stringMatching(/^2026-03-01T12:/) },
      },
    });
    for (const { headers, body } of told.receiver.accepted) {
      expect(headers['webhook-id']).toMatch(/^evt_\d+_[0-9a-z]+$/);
      expect(headers['content-type']).toBe('application/json');
      expect(body).not.toMatch(/@|Mozilla|127\.0\.0\.1|label/);
    }
    await comes('both are over', async () => (await shown(told.id)).unfinished === 0);
    expect(await deliveries(told)).toMatchObject([
      { type: 'session.ended', state: 'delivered', attempts: 1, last_try: { status: 204, error: null } },
      { type: 'session.created', state: 'delivered' },
    ]);
    expect((await api.root('get', '/metrics')).text).toMatch(
      /rollcall_webhook_delivery_total\{result="delivered"\} [1-9]/,
    );
  });

  it.each(['fail', 'hang', 'redirect', 'die'] as const)(
    'that a receiver answers with "%s" are sent again until it takes them, and hold back nobody else',
    async (verdict) => {
      const [broken, other] = [await hook(), await hook()];
      broken.receiver.answer = answers[verdict];
      const device = await signInAndOut();
      await arrived(other, 2);
      await comes('a try has failed', async () => (await deliveries(broken, 'state=pending'))[0]?.last_try);
      expect(broken.receiver.received).toHaveLength(1);
      expect(await deliveries(broken)).toMatchObject([
        { type: 'session.ended', state: 'waiting', attempts: 0, next_try_at: null },
        { type: 'session.created', state: 'pending', attempts: 1, next_try_at: expect.any(String) },
      ]);
      broken.receiver.answer = answers.take;
      clock.advance(7 * second);
      await arrived(broken, 2);
      const [first, again, next] = broken.receiver.received;
      expect(again!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
      expect(again!.body).toBe(first!.body);
      expect(timestampOf(again!)).toBe(timestampOf(first!) + 7);
      expect(ofSession(verified(broken, [again!, next!]), device)).toEqual([
        'session.created',
        'session.ended',
      ]);
      expect(lineOf('webhook.postponed', broken)).toMatchObject({ attempts: 1, reason: expect.any(String) });
      expect(lineOf('webhook.endpoint_recovered', broken)).toBeDefined();
      expect((await shown(broken.id)).failing_since).toBeNull();
    },
    30_000,
  );

  it('go to one that hangs four at a time, while all others get theirs', async () => {
    const [stuck, other] = [await hook(), await hook()];
    stuck.receiver.answer = answers.hang;
    for (let count = 0; count < 8; count += 1) await api.register();
    await arrived(other, 8);
    await comes('it has four', () => stuck.receiver.received.length >= 4);
    expect(stuck.receiver.peak).toBe(4);
  }, 30_000);

  it('stop at once for one that says it is gone, hold back nobody else, and go on where they were when it is enabled again', async () => {
    const [leaving, other] = [await hook(), await hook()];
    leaving.receiver.answer = answers.gone;
    const device = await signInAndOut();
    await arrived(other, 2);
    await comes('it is disabled', async () => (await shown(leaving.id)).state === 'disabled');
    expect(await shown(leaving.id)).toMatchObject({ disabled_reason: 'gone', unfinished: 2, dead: 0 });
    expect(lineOf('webhook.endpoint_disabled', leaving)).toMatchObject({ reason: 'gone', alert: true });
    const missed = await signInAndOut();
    await arrived(other, 4);
    expect(ofSession(verified(other), missed)).toEqual(['session.created', 'session.ended']);
    leaving.receiver.answer = answers.take;
    await post(`${leaving.id}/enable`).expect(200);
    clock.advance(7 * second);
    await arrived(leaving, 2);
    const since = noon.toISOString();
    const { body } = await post(`${leaving.id}/replay`, { what: 'missed', since }).expect(202);
    expect(body.data.continue_from).toBeNull();
    await comes('what was missed', () => ofSession(verified(leaving), missed).length === 2);
    expect(ofSession(verified(leaving), missed)).toEqual(['session.created', 'session.ended']);
    expect(ofSession(verified(leaving), device)).toEqual(['session.created', 'session.ended']);
  }, 30_000);

  it('are given up after thirteen tries and let the next of the session go; dead ones can be sent again', async () => {
    const late = await hook();
    late.receiver.answer = (reply, { body }) =>
      body.includes('session.created') ? answers.fail(reply) : answers.take(reply);
    const device = await signInAndOut();
    await comes('a try has failed', async () => (await deliveries(late, 'state=pending'))[0]?.last_try);
    await api.sql('update webhook_deliveries set attempts = 12 where attempts = 1 and endpoint_id = $1', [
      late.id,
    ]);
    clock.advance(7 * second);
    await comes('it is dead', async () => (await shown(late.id)).dead === 1);
    late.receiver.answer = answers.take;
    await arrived(late, 1);
    expect(ofSession(verified(late), device)).toEqual(['session.ended']);
    expect(lineOf('webhook.dead', late)).toMatchObject({ attempts: 13, reason: 'http_500', status: 500 });
    expect((await deliveries(late, 'state=dead'))[0].last_try).toMatchObject({ response: 'out of order' });
    const { body } = await post(`${late.id}/replay`, { what: 'dead' }).expect(202);
    expect(body.data).toEqual({ queued: 1, continue_from: null });
    await arrived(late, 2);
    expect(ofSession(verified(late), device)).toEqual(['session.ended', 'session.created']);
  }, 30_000);

  it('are sent no more to one that has taken nothing for five days', async () => {
    const lost = await hook();
    lost.receiver.answer = answers.fail;
    await signInAndOut();
    await comes('a try has failed', async () => (await shown(lost.id)).failures === 1);
    await api.sql('update webhook_endpoints set failures = 50 where id = $1', [lost.id]);
    clock.advance(5 * day);
    administrator = await api.administrator();
    await comes('it is disabled', async () => (await shown(lost.id)).disabled_reason === 'failing');
    const [event] = await api.sql(
      `select payload from event_log where type = 'webhook.disabled' and payload ->> 'endpoint_id' = $1`,
      [lost.id],
    );
    expect(event).toEqual({ payload: { endpoint_id: lost.id, by: null, reason: 'failing' } });
  }, 30_000);

  it('wait as long as a receiver asks for, all of them', async () => {
    const busy = await hook();
    busy.receiver.answer = (reply) => void reply.writeHead(429, { 'retry-after': '120' }).end();
    await api.register();
    await comes('it rests', async () => (await shown(busy.id)).resumes_at);
    const { resumes_at: resumes } = await shown(busy.id);
    expect(Date.parse(resumes) - clock.now().getTime()).toBe(120 * second);
    await api.register();
    const ping = await post(`${busy.id}/ping`).expect(202);
    busy.receiver.answer = answers.take;
    await comes(
      'the ping came',
      async () => (await shown(`${busy.id}/deliveries/${ping.body.data.id}`)).state === 'delivered',
    );
    expect(verified(busy).map(({ type }) => type)).toContain('webhook.ping');
  }, 30_000);

  it('are signed with both secrets while a new one spreads, then with the new one only', async () => {
    const rotating = await hook(['user.created']);
    const rotated = await post(`${rotating.id}/rotate-secret`, { overlap_seconds: 60 }).expect(200);
    const renewed = { ...rotating, secret: rotated.body.data.secret as string };
    await api.register();
    await arrived(rotating, 1);
    const [both] = rotating.receiver.accepted;
    expect(String(both!.headers['webhook-signature'])).toMatch(/^v1,\S{44} v1,\S{44}$/);
    expect([verified(rotating), verified(renewed)].map(({ length }) => length)).toEqual([1, 1]);
    clock.advance(60 * second);
    await api.register();
    await arrived(rotating, 2);
    const [, one] = rotating.receiver.accepted;
    expect(String(one!.headers['webhook-signature'])).toMatch(/^v1,\S{44}$/);
    expect(verified(renewed, [one!])).toHaveLength(1);
    expect(() => verified(rotating, [one!])).toThrow();
  }, 30_000);

  it('v5.0.0-11.3.3 are not sent unsigned when the stored secret was changed, which raises an alarm', async () => {
    const tampered = await hook();
    await api.sql(
      'update webhook_endpoints set sealed_secret = set_byte(sealed_secret, 20, get_byte(sealed_secret, 20) # 1) where id = $1',
      [tampered.id],
    );
    await api.register();
    await comes('it is noticed', () => lineOf('webhook.secret_unreadable', tampered));
    expect(lineOf('webhook.secret_unreadable', tampered)).toMatchObject({ alert: true, level: 'error' });
    expect(tampered.receiver.received).toEqual([]);
  });

  it('leave neither address nor secret in the log', () => {
    const text = api.log.text;
    for (const receiver of receivers) expect(text).not.toContain(new URL(receiver.url).host);
    expect(text).not.toMatch(/whsec_|\/hooks/);
  });
});
