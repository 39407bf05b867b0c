import { eventually, FakeClock } from '@app/testing';
import { ClientDirectory, SigningKeyRotation } from '@app/tokens';
import { TokenRevocation } from '@app/auth';
import { AccessTokens } from '@app/tokens';
import { type Api, base, type SignedInDevice, startApi } from '../support/api.js';
import { claimsIn, headerIn } from '../support/claims.js';
import { aClientOf, basic, clientRegistryOf, type ClientCredentials } from '../support/clients.js';
import { EventListener, type Listening } from '../support/event-listener.js';

interface Revocation {
  readonly kind: 'session' | 'user' | 'token' | 'key';
  readonly user_id: string | null;
  readonly session_id: string | null;
  readonly jti: string | null;
  readonly kid: string | null;
  readonly issued_before: string | null;
  readonly reason: string;
  readonly at: string;
  readonly expires_at: string;
  readonly cursor: string;
}

interface Page {
  readonly revocations: readonly Revocation[];
  readonly next: string;
  readonly has_more: boolean;
}

const env = { STREAM_HEARTBEAT: '1', SESSION_LIMIT: '50' };

let api: Api;
let other: Api;
let client: ClientCredentials;
const listeners: EventListener[] = [];

beforeAll(async () => {
  api = await startApi({ env });
  other = await startApi({ env: { ...env, INSTANCE_ID: 'other' }, beside: api });
  client = await aClientOf(api, 'resource');
  await aClientKnownTo(other, client);
});

afterEach(() => {
  for (const listener of listeners.splice(0)) listener.hangUp();
});

async function aClientKnownTo({ app }: Api, { id, secret }: ClientCredentials): Promise<void> {
  const directory = app.get(ClientDirectory, { strict: false });
  await eventually(() => directory.authenticate(id, secret), { describe: 'the client is known' });
}

const ask = (query = '', at = api) =>
  at.send('get', `/revocations${query}`).set('authorization', basic(client));

async function pageOf(query = '', at = api): Promise<Page> {
  return (await ask(query, at).expect(200)).body as Page;
}

/** Everything from a cursor on, or all that matters. */
async function all(after?: string, at = api): Promise<{ found: Revocation[]; next: string }> {
  const found: Revocation[] = [];
  for (let cursor = after; ;) {
    const page = await pageOf(cursor === undefined ? '' : `?after=${cursor}`, at);
    found.push(...page.revocations);
    cursor = page.next;
    if (!page.has_more) return { found, next: cursor };
  }
}

async function listen(as: Partial<Listening> = {}, at = api, query = ''): Promise<EventListener> {
  const url = `http://127.0.0.1:${at.port}${base}/revocations${query}`;
  const listener = await EventListener.open(url, { authorization: basic(client), ...as });
  listeners.push(listener);
  return listener;
}

/** What the description tells a service to do, with nothing but the token. */
function refuses(list: readonly Revocation[], token: string): boolean {
  const { sid, jti, sub, iat } = claimsIn(token) as { sid: string; jti: string; sub: string; iat: number };
  const { kid } = headerIn(token) as { kid: string };
  return list.some(
    (entry) =>
      (entry.kind === 'session' && entry.session_id === sid) ||
      (entry.kind === 'token' && entry.jti === jti) ||
      (entry.kind === 'key' && entry.kid === kid) ||
      (entry.kind === 'user' && entry.user_id === sub && iat * 1000 < Date.parse(entry.issued_before!)),
  );
}

/** A cursor differs with the pages in which an entry was read; each leads to the same place. */
const withoutCursors = (list: readonly Revocation[]) => list.map(({ cursor: _cursor, ...entry }) => entry);

describe('the list of revocations', () => {
  it('tells of an ended session whose it was, why, when, and for how long that matters', async () => {
    const { next } = await all();
    const device = await api.register();
    await device.post('/auth/signout').expect(200);
    const { found } = await all(next);
    expect(found).toEqual([
      {
        kind: 'session',
        user_id: device.userId,
        session_id: device.sessionId,
        jti: null,
        kid: null,
        issued_before: null,
        reason: 'signout',
        at: expect.any(String),
        expires_at: expect.any(String),
        cursor: expect.any(String),
      },
    ]);
    const { at, expires_at: until } = found[0]!;
    // The longest ACCESS_TOKEN_TTL there can be, and a minute for clocks.
    expect(Date.parse(until) - Date.parse(at)).toBe(960_000);
  });

  it('lets a service refuse exactly the dead tokens by what the tokens say', async () => {
    const { next } = await all();
    const person = (await api.register()).person;
    const signIn = (): Promise<SignedInDevice> => api.signIn(person);
    const dead: string[] = [];
    const [one, two, three] = [await signIn(), await signIn(), await signIn()];
    await one.post('/auth/signout').expect(200);
    await two.delete(`/sessions/${three.sessionId}`).expect(200);
    dead.push(one.token, three.token);
    const refreshed = await api.refresh(two.refreshToken).expect(200);
    dead.push(two.token);
    const alive = api.as(refreshed.body.data.access_token as string);
    const single = await signIn();
    const verdict = api.app.get(AccessTokens, { strict: false }).verify(single.token);
    if (verdict.kind !== 'valid') throw new Error('a new token is not valid');
    await api.app.get(TokenRevocation, { strict: false }).revoke(verdict.claims);
    dead.push(single.token);
    const changed = await alive
      .put('/auth/profile/password', {
        current_password: person.password,
        new_password: 'another seven plain words in a row',
      })
      .expect(200);
    dead.push(alive.token);
    const kept: string[] = [changed.body.data.access_token, (await api.register()).token];
    const everywhere = await api.register();
    await everywhere.post('/auth/logout-all').expect(200);
    dead.push(everywhere.token);

    const { found } = await all(next, other);
    expect(dead.map((token) => refuses(found, token))).toEqual(dead.map(() => true));
    expect(kept.map((token) => refuses(found, token))).toEqual([false, false]);
    for (const token of dead) await api.as(token).get('/auth/session').expect(401);
    for (const token of kept) await api.as(token).get('/auth/session').expect(200);
    const fences = found
      .filter(({ kind }) => kind === 'user')
      .map(({ user_id, reason }) => [user_id, reason]);
    expect(fences).toEqual([
      [two.userId, 'password_change'],
      [everywhere.userId, 'signout_all'],
    ]);
  });

  it('goes on behind any entry on any instance, each once', async () => {
    const { next } = await all();
    const devices: SignedInDevice[] = [];
    while (devices.length < 7) devices.push(await api.register());
    for (const device of devices) await device.post('/auth/signout').expect(200);
    const ended = devices.map(({ sessionId }) => sessionId);
    const found: (string | null)[] = [];
    let cursor = next;
    for (let turn = 0; ; turn += 1) {
      const page = await pageOf(`?limit=2&after=${cursor}`, turn % 2 === 0 ? other : api);
      found.push(...page.revocations.map(({ session_id: id }) => id));
      cursor = page.next;
      if (!page.has_more) break;
    }
    expect(found).toEqual(ended);
    const { found: entries } = await all(next);
    for (const [index, entry] of entries.entries())
      expect(withoutCursors((await all(entry.cursor, other)).found)).toEqual(
        withoutCursors(entries.slice(index + 1)),
      );
    expect(await pageOf(`?after=${cursor}`)).toEqual({ revocations: [], next: cursor, has_more: false });
  });

  it('begins with all that still matters, and not with what does not', async () => {
    const clock = new FakeClock();
    const late = await startApi({ env, clock });
    const own = await aClientOf(late);
    const askLate = async (): Promise<Page> =>
      (await late.send('get', '/revocations').set('authorization', basic(own)).expect(200)).body as Page;
    const [old, young] = [await late.register(), await late.register()];
    await old.post('/auth/signout').expect(200);
    clock.advance(480_000);
    await young.post('/auth/signout').expect(200);
    expect((await askLate()).revocations.map(({ session_id: id }) => id)).toEqual([
      old.sessionId,
      young.sessionId,
    ]);
    clock.advance(481_000);
    expect((await askLate()).revocations.map(({ session_id: id }) => id)).toEqual([young.sessionId]);
  });

  it('waits for something if it is asked to, and answers at once when it comes', async () => {
    const { next } = await all();
    expect((await pageOf(`?after=${next}&wait=1`)).revocations).toEqual([]);
    const device = await api.register();
    const waiting = pageOf(`?after=${next}&wait=20`, other);
    await device.post('/auth/signout').expect(200);
    expect((await waiting).revocations.map(({ session_id: id }) => id)).toEqual([device.sessionId]);
  });

  it('answers a cursor that leads nowhere with 410, in words of OAuth', async () => {
    for (const cursor of ['nonsense', 'abc.0.5-0', 'abc.1.5-0.6-0']) {
      const reply = await ask(`?after=${cursor}`);
      expect(reply.status).toBe(410);
      expect(reply.body).toMatchObject({ code: 'CURSOR_GONE', error: 'invalid_request' });
      expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    }
  });

  it('is for clients of either kind, and for nobody else', async () => {
    const application = await aClientOf(api, 'application');
    await api.send('get', '/revocations').set('authorization', basic(application)).expect(200);
    const device = await api.register();
    for (const reply of [await api.send('get', '/revocations'), await device.get('/revocations')])
      expect([reply.status, reply.body.code]).toEqual([401, 'INVALID_CLIENT']);
    const refused = await ask('?limit=0');
    expect([refused.status, refused.body.error]).toEqual([400, 'invalid_request']);
    expect((await ask()).headers).toMatchObject({
      'cache-control': 'no-store',
      vary: 'Accept, Authorization',
    });
  });

  it('names a withdrawn key, whose tokens are dead', async () => {
    const { next } = await all();
    const device = await api.register();
    const { kid } = headerIn(device.token) as { kid: string };
    await api.app.get(SigningKeyRotation, { strict: false }).withdraw(kid);
    const { found } = await all(next);
    expect(found).toMatchObject([{ kind: 'key', kid, reason: 'key_withdrawn', user_id: null }]);
    expect(refuses(found, device.token)).toBe(true);
  });
});

describe('revocations as a stream', () => {
  it('come as they happen, and go on behind any of them on another instance', async () => {
    const { next } = await all();
    const first = await listen({ lastEventId: next });
    expect(first.reply.headers['content-type']).toBe('text/event-stream; charset=utf-8');
    const devices = [await api.register(), await api.register(), await api.register()];
    for (const device of devices) await device.post('/auth/signout').expect(200);
    const told = (await first.hears(3)) as unknown as Revocation[];
    expect(told.map(({ session_id: id }) => id)).toEqual(devices.map(({ sessionId }) => sessionId));
    expect(withoutCursors(told)).toEqual(withoutCursors((await all(next)).found));
    const resumed = await listen({ lastEventId: told[0]!.cursor }, other);
    const rest = (await resumed.hears(2)) as unknown as Revocation[];
    expect(withoutCursors(rest)).toEqual(withoutCursors(told.slice(1)));
  });

  it('begin anew with `reset` and everything that matters where a cursor leads nowhere', async () => {
    const { found } = await all();
    const listener = await listen({ lastEventId: 'nonsense' });
    const told = (await listener.hears(found.length)) as unknown as Revocation[];
    expect(withoutCursors(told)).toEqual(withoutCursors(found));
    expect(listener.frames.findIndex(({ event }) => event === 'reset')).toBe(0);
  });

  it('end when the client may not listen any more', async () => {
    const doomed = await aClientOf(api);
    const listener = await listen({ authorization: basic(doomed) });
    expect(listener.status).toBe(200);
    await clientRegistryOf(api).disable(doomed.id);
    await listener.ends();
    expect(listener.named('closed').map(({ data }) => data)).toEqual(['{"code":"INVALID_CLIENT"}']);
  });
});
