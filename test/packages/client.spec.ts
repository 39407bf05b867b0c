import { FakeClock } from '@app/testing';
import {
  createRollcallClient,
  MemoryTokenStore,
  type RollcallClient,
  RollcallError,
  SessionOverError,
  UnreachableError,
} from '@rollcall/client';
import { watchDevices } from '../../examples/client/src/watch-devices.js';
import { type Api, startApi } from '../support/api.js';
import { Gate } from '../support/gate.js';
import { aPerson, goodPassword, type Person } from '../support/people.js';

const tokenLifeMs = 600_000;
const session = '/api/v1/auth/session';
const clock = new FakeClock();
let api: Api;

beforeAll(async () => {
  api = await startApi({ clock, env: { SESSION_LIMIT: '50' } });
});

interface Stand {
  readonly rollcall: RollcallClient;
  readonly tokens: MemoryTokenStore;
  readonly person: Person;
  readonly sessionId: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  readonly ends: SessionOverError[];
  /** Stands between the client and the server; undefined hands on. */
  between: ((request: Request, send: () => Promise<Response>) => Promise<Response> | undefined) | null;
}

interface Wish {
  /** The clock of the client; with its own it knows when its tokens die. */
  readonly now?: () => number;
  readonly tokens?: MemoryTokenStore;
}

const serverUrl = (): string => `http://127.0.0.1:${api.port}`;

async function aStand({ now = () => clock.now().getTime(), tokens = new MemoryTokenStore() }: Wish = {}) {
  const asked: string[] = [];
  const ends: SessionOverError[] = [];
  const stand: Partial<Stand> = { between: null };
  const rollcall = createRollcallClient({
    baseUrl: `${serverUrl()}/`,
    tokens,
    now,
    onSessionOver: (error) => ends.push(error),
    fetch: (request) => {
      asked.push(new URL(request.url).pathname);
      const send = () => fetch(request);
      return stand.between?.(request, send) ?? send();
    },
  });
  const person = aPerson();
  const { session: opened } = await rollcall.register(person);
  asked.length = 0;
  return Object.assign(stand, { rollcall, tokens, person, asked, ends, sessionId: opened.id }) as Stand;
}

/** Does not know that time passes, so it learns from refusals only. */
const withoutClock = { now: () => 0 };
const refreshes = ({ asked }: Stand): number => asked.filter((path) => path.endsWith('/refresh')).length;

async function failure(work: Promise<unknown>): Promise<RollcallError> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RollcallError))
    throw new Error('was not refused by a RollcallError', { cause: error });
  return error;
}

describe('calls', () => {
  it('give the data and the reply of a route, and send the token to no other host', async () => {
    const { rollcall, person, sessionId } = await aStand();
    const { data, response } = await rollcall.GET(session);
    expect([data.user.email, data.session.id]).toEqual([person.email, sessionId]);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const elsewhere = await failure(
      rollcall.GET(session, { baseUrl: serverUrl().replace('127.0.0.1', '127.0.0.2') }),
    );
    expect(elsewhere.code).toBe('UNREACHABLE');
    const plain = await failure(
      rollcall.GET(session, { baseUrl: serverUrl().replace('127.0.0.1', 'localhost') }),
    );
    expect(plain.code).toBe('UNAUTHENTICATED');
  });

  it('throw what was refused, with its code, its request and all that the server told', async () => {
    const { rollcall } = await aStand();
    const error = await failure(rollcall.PUT('/api/v1/auth/profile', { body: { username: '!' } }));
    expect(error).toMatchObject({ name: 'RollcallError', code: 'VALIDATION_FAILED', status: 400 });
    expect(error.problem?.errors?.[0]).toMatchObject({ field: 'username' });
    expect(error.requestId).toBe(error.problem?.request_id);
    const wrong = await failure(rollcall.signIn({ email: 'nobody@example.com', password: goodPassword }));
    expect([wrong.code, wrong instanceof SessionOverError]).toEqual(['INVALID_CREDENTIALS', false]);
  });

  it('end with the abort of the caller as it is', async () => {
    const { rollcall } = await aStand();
    const aborted = rollcall.GET(session, { signal: AbortSignal.abort() });
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('tokens', () => {
  it('are replaced shortly before they die, and not sooner', async () => {
    const stand = await aStand();
    clock.advance(tokenLifeMs - 31_000);
    await stand.rollcall.GET(session);
    expect(refreshes(stand)).toBe(0);
    clock.advance(2_000);
    await stand.rollcall.GET(session);
    await stand.rollcall.GET(session);
    expect(refreshes(stand)).toBe(1);
  });

  it('are refreshed once for twenty requests that are refused together, and each is repeated once', async () => {
    const stand = await aStand(withoutClock);
    clock.advance(tokenLifeMs + 1_000);
    const answers = await Promise.all(Array.from({ length: 20 }, () => stand.rollcall.GET(session)));
    expect(answers.map(({ data }) => data.session.id)).toEqual(Array(20).fill(stand.sessionId));
    expect(refreshes(stand)).toBe(1);
    expect(stand.asked).toHaveLength(41);
  });

  it('that another client of the same store has replaced are taken from there', async () => {
    const first = await aStand(withoutClock);
    const second = await aStand({ ...withoutClock, tokens: first.tokens });
    clock.advance(tokenLifeMs + 1_000);
    // Refused with the old token, and looks into the store after the other one has refreshed.
    const door = new Gate();
    first.between = (request, send) =>
      request.url.endsWith(session) && refreshes(second) === 0
        ? send().then(async (reply) => {
            await door.wait();
            return reply;
          })
        : undefined;
    const late = first.rollcall.GET(session);
    await second.rollcall.GET(session);
    door.open();
    expect((await late).data.session.id).toBe(second.sessionId);
    expect([refreshes(first), refreshes(second)]).toEqual([0, 1]);
  });

  it('of a step-up replace those before, also for requests that are under way', async () => {
    const stand = await aStand();
    const door = new Gate();
    stand.between = (request, send) => (request.url.endsWith(session) ? door.wait().then(send) : undefined);
    const late = stand.rollcall.GET(session);
    const { data } = await stand.rollcall.POST('/api/v1/auth/step-up', { body: { password: goodPassword } });
    door.open();
    expect((await late).data.session.id).toBe(data.session.id);
    expect(data.session.id).not.toBe(stand.sessionId);
    expect(stand.ends).toEqual([]);
  });

  it('are repeated within the grace when the answer to a refresh is lost', async () => {
    const stand = await aStand(withoutClock);
    clock.advance(tokenLifeMs + 1_000);
    stand.between = (request, send) =>
      request.url.endsWith('/refresh') && refreshes(stand) === 1
        ? send().then(() => Promise.reject(new TypeError('terminated')))
        : undefined;
    await stand.rollcall.GET(session);
    expect(refreshes(stand)).toBe(2);
    clock.advance(tokenLifeMs + 1_000);
    await stand.rollcall.GET(session);
  });
});

describe('a session that is over', () => {
  it('is told of as such, once, and the store is cleared', async () => {
    const stand = await aStand();
    const other = await api.signIn(stand.person);
    await other.delete(`/sessions/${stand.sessionId}`).expect(200);
    const errors = await Promise.all(Array.from({ length: 5 }, () => failure(stand.rollcall.GET(session))));
    expect(errors[0]).toBeInstanceOf(SessionOverError);
    expect(errors[0]).toMatchObject({ code: 'SESSION_ENDED', status: 401, endReason: 'terminated' });
    expect((errors[0] as SessionOverError).endedAt).toBeInstanceOf(Date);
    expect(stand.tokens.get()).toBeNull();
    const afterwards = await failure(stand.rollcall.GET(session));
    expect([afterwards.code, stand.ends.length]).toEqual(['UNAUTHENTICATED', 1]);
  });

  it('is found by a refresh, too, for all who wait for it', async () => {
    const stand = await aStand();
    const other = await api.signIn(stand.person);
    await other.delete(`/sessions/${stand.sessionId}`).expect(200);
    clock.advance(tokenLifeMs + 1_000);
    const errors = await Promise.all(Array.from({ length: 5 }, () => failure(stand.rollcall.GET(session))));
    expect(errors.map(({ name }) => name)).toEqual(Array(5).fill('SessionOverError'));
    expect([refreshes(stand), stand.ends.length, stand.tokens.get()]).toEqual([1, 1, null]);
  });

  it('does not keep anybody from signing in again', async () => {
    const stand = await aStand();
    await (await api.signIn(stand.person)).post('/auth/logout-all').expect(200);
    clock.advance(tokenLifeMs + 1_000);
    const { session: next } = await stand.rollcall.signIn(stand.person);
    expect((await stand.rollcall.GET(session)).data.session.id).toBe(next.id);
  });
});

describe('what could not be checked', () => {
  const unavailable = (seconds: number) =>
    Response.json(
      { success: false, code: 'STORE_UNAVAILABLE', status: 503, detail: 'Away.', request_id: 'a' },
      { status: 503, headers: { 'retry-after': String(seconds) } },
    );

  it('keeps the tokens, and the next refresh waits for as long as the server asked', async () => {
    let time = 0;
    const stand = await aStand({ now: () => time });
    clock.advance(tokenLifeMs + 1_000);
    stand.between = ({ url }) => (url.endsWith('/refresh') ? Promise.resolve(unavailable(30)) : undefined);
    for (let turn = 0; turn < 2; turn += 1) {
      const error = await failure(stand.rollcall.GET(session));
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE', status: 503, retryAfterSeconds: 30 });
    }
    expect(refreshes(stand)).toBe(1);
    stand.between = null;
    time += 30_000;
    await stand.rollcall.GET(session);
    expect([refreshes(stand), stand.ends]).toEqual([2, []]);
  });

  it('is told apart from what was checked: a broken network, and a 401 of a proxy', async () => {
    const stand = await aStand();
    const proxy = new Response('<h1>Sign in to this network</h1>', {
      status: 401,
      headers: { 'content-type': 'text/html' },
    });
    const portal = new Response('<h1>Welcome</h1>', { headers: { 'content-type': 'text/html' } });
    for (const reply of [proxy, portal]) {
      stand.between = () => Promise.resolve(reply);
      expect(await failure(stand.rollcall.GET(session))).toBeInstanceOf(UnreachableError);
    }
    stand.between = () => Promise.reject(new TypeError('fetch failed'));
    expect(await failure(stand.rollcall.GET(session))).toMatchObject({ code: 'UNREACHABLE', status: 0 });
    stand.between = null;
    await stand.rollcall.GET(session);
  });

  it('does not stop a request whose token is good for some seconds yet', async () => {
    const stand = await aStand();
    clock.advance(tokenLifeMs - 5_000);
    stand.between = ({ url }) => (url.endsWith('/refresh') ? Promise.resolve(unavailable(60)) : undefined);
    expect((await stand.rollcall.GET(session)).data.session.id).toBe(stand.sessionId);
  });
});

describe('signing out', () => {
  it('ends the session and clears the store, with a dead token, too', async () => {
    const stand = await aStand(withoutClock);
    clock.advance(tokenLifeMs + 1_000);
    expect(await stand.rollcall.signOut()).toBe('complete');
    expect(stand.tokens.get()).toBeNull();
    expect(await stand.rollcall.signOut()).toBe('complete');
    const [row] = await api.sql('select end_reason from sessions where id = $1', [stand.sessionId]);
    expect(row).toEqual({ end_reason: 'signout' });
  });

  it('is not undone by a refresh that was under way', async () => {
    const stand = await aStand();
    const door = new Gate();
    stand.between = (request, send) =>
      request.url.endsWith('/refresh') ? send().then((reply) => door.wait().then(() => reply)) : undefined;
    const refreshing = failure(stand.rollcall.refresh());
    stand.tokens.clear();
    door.open();
    expect((await refreshing).name).toBe('SessionOverError');
    expect(stand.tokens.get()).toBeNull();
  });
});

describe('the example', () => {
  it('watches the devices over a refresh and an outage until its session is ended', async () => {
    const { person } = await api.register();
    const said: string[] = [];
    let isAway = false;
    let pauses = 0;
    await watchDevices({
      ...person,
      baseUrl: serverUrl(),
      // Both were opened at the same moment, in whatever order.
      say: (line) => said.push(line.replace('unknown, node', 'node, unknown')),
      client: {
        now: () => clock.now().getTime(),
        fetch: (request) => (isAway ? Promise.reject(new TypeError('fetch failed')) : fetch(request)),
      },
      pause: async () => {
        pauses += 1;
        if (pauses === 1) clock.advance(tokenLifeMs);
        isAway = pauses === 2;
        if (pauses === 4) await (await api.signIn(person)).post('/auth/logout-all').expect(200);
      },
    });
    expect(said).toEqual([
      `signed in as ${person.email}`,
      '2 devices: node, unknown',
      '2 devices: node, unknown',
      'could not be checked (UNREACHABLE), still signed in',
      '2 devices: node, unknown',
      'the session is over: signout_all',
    ]);
  });
});
