import { eventually, FakeClock } from '@app/testing';
import { type Api, isWithRedis, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';

const secretKey = '5f1e9a3c7b2d8046e1f0a9b8c7d6e5f4031221304f5e6d7c8b9aa0b1c2d3e4f5';
const env = { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_AUTH: '1000/60', TRUST_PROXY: '1' };

describe('the state of the system', () => {
  let api: Api;
  let administrator: SignedInDevice;

  beforeAll(async () => {
    api = await startApi({ env: { INSTANCE_ID: 'one', METRICS_TOKEN: 'a-token-for-metrics-only' } });
    await startApi({ env: { INSTANCE_ID: 'two' }, beside: api });
    administrator = await api.administrator();
  });

  it('shows every instance and how fresh it is', async () => {
    const { body } = await administrator.get('/admin/system').expect(200);
    const { instances, feed, redis, postgres, jobs } = body.data;
    for (const job of jobs)
      expect(job).toMatchObject({ has_succeeded: true, last_run_at: expect.any(String) });
    const seen = instances.map(({ name, is_this_one: isThis }: Record<string, unknown>) => [name, isThis]);
    expect(seen).toEqual([
      ['one', true],
      ['two', false],
    ]);
    for (const { is_fenced: isFenced, silent_ms: silentMs, started_at: at } of instances)
      expect([isFenced, silentMs < 5_000, Date.parse(at) > 0]).toEqual([false, true, true]);
    expect(feed).toEqual({ age_ms: expect.any(Number), mode: 'normal' });
    expect(redis).toEqual({ configured: isWithRedis, available: isWithRedis, breaker: 'closed' });
    expect(postgres).toMatchObject({ pool: { waiting: 0 }, breaker: 'closed' });
  });

  it('v5.0.0-13.4.5 shows the settings, and of secrets only whether they are set', async () => {
    const { body, text } = await administrator.get('/admin/settings').expect(200);
    expect(body.data.settings).toMatchObject({
      secretKey: '[set]',
      http: { metricsToken: '[set]' },
      sessions: { limit: 5, instanceName: 'one' },
    });
    expect(text).not.toContain(secretKey);
    expect(text).not.toContain('a-token-for-metrics-only');
    const { username, password } = new URL(api.databaseUrl);
    if (username || password) expect(text).not.toContain(`${username}:${password}`);
  });
});

describe('the signing keys', () => {
  const clock = new FakeClock();
  let api: Api;

  beforeAll(async () => {
    api = await startApi({ clock, env: { SESSION_LIMIT: '50' } });
  });

  const events = (type: string) =>
    api.sql<{ payload: { kid: string; by: string } }>('select payload from event_log where type = $1', [
      type,
    ]);

  it('are listed, rotated and withdrawn by an administrator, which the log tells of', async () => {
    const administrator = await api.administrator();
    const listed = await administrator.get('/admin/keys').expect(200);
    const states = listed.body.data.keys.map(({ state }: { state: string }) => state);
    expect(states.toSorted()).toEqual(['next', 'signing']);
    expect(listed.text).not.toMatch(/private|sealed|"d"|"x"/i);
    expectProblem(await administrator.post('/admin/keys/rotate'), { status: 409, code: 'CONFLICT' });

    clock.advance(10 * 60_000);
    const again = await api.signIn(administrator.person);
    const rotated = await again.post('/admin/keys/rotate').expect(200);
    const keys = rotated.body.data.keys as { kid: string; state: string }[];
    expect(keys.map(({ state }) => state).toSorted()).toEqual(['next', 'retired', 'signing']);
    const signing = keys.find(({ state }) => state === 'signing')!.kid;
    expect(await events('key.rotated')).toEqual([{ payload: { kid: signing, by: again.userId } }]);

    const next = keys.find(({ state }) => state === 'next')!.kid;
    const withdrawn = await again.post(`/admin/keys/${next}/withdraw`).expect(200);
    const gone = (withdrawn.body.data.keys as { kid: string; state: string }[]).find(
      ({ kid }) => kid === next,
    );
    expect(gone?.state).toBe('withdrawn');
    await again.post(`/admin/keys/${next}/withdraw`).expect(200);
    expect(await events('key.withdrawn')).toEqual([{ payload: { kid: next, by: again.userId } }]);
    expectProblem(await again.post('/admin/keys/unknown/withdraw'), { status: 404, code: 'NOT_FOUND' });
  });

  it('v5.0.0-7.5.3 are changed only by who has just proven the password', async () => {
    const administrator = await api.administrator();
    clock.advance(10 * 60_000 + 1);
    const { body } = await api.refresh(administrator.refreshToken).expect(200);
    const stale = api.as(body.data.access_token);
    for (const path of ['/admin/keys/rotate', '/admin/keys/x/withdraw'])
      expect((await stale.post(path)).body.code).toBe('STEP_UP_REQUIRED');
    const reset = await stale.post('/admin/rate-limits/reset', { policy: 'auth', subject: '203.0.113.7' });
    expect(reset.body.code).toBe('STEP_UP_REQUIRED');
  });
});

describe('the limits', () => {
  let api: Api;
  let administrator: SignedInDevice;

  beforeAll(async () => {
    api = await startApi({ env: { ...env, RATE_LIMIT_CHALLENGE: '3/60' } });
    administrator = await api.administrator();
  });

  /** What it asks for cannot be understood, and counts all the same. */
  const knock = (address: string) => api.send('get', '/auth/challenge').set('x-forwarded-for', address);

  const standingOf = async (policy: string, subject: string): Promise<Record<string, number>[]> =>
    (
      await administrator
        .get(`/admin/rate-limits?policy=${policy}&subject=${encodeURIComponent(subject)}`)
        .expect(200)
    ).body.data.standing;

  const reset = (policy: string, subject: string) =>
    administrator.post('/admin/rate-limits/reset', { policy, subject });

  it('are shown with their settings', async () => {
    const { body } = await administrator.get('/admin/rate-limits').expect(200);
    expect(body.data).toMatchObject({ enabled: true, standing: null });
    expect(body.data.policies).toContainEqual({
      name: 'challenge',
      counts: 'address',
      setting: 'RATE_LIMIT_CHALLENGE',
      limit: 3,
      rate: null,
      seconds: 60,
    });
    expect(body.data.policies.map(({ name }: { name: string }) => name)).toEqual([
      'global',
      'auth',
      'challenge',
      'user',
      'client',
      'account',
    ]);
  });

  it('tell how an address stands without counting, and forget it on demand', async () => {
    const address = '203.0.113.7';
    for (let turn = 0; turn < 3; turn += 1) await knock(address);
    expect((await knock(address)).status).toBe(429);
    const full = { counted: address, limit: 3, used: 3, remaining: 0, reset_seconds: expect.any(Number) };
    expect(await standingOf('challenge', address)).toEqual([full]);
    expect(await standingOf('challenge', address)).toEqual([full]);
    const done = await reset('challenge', address).expect(200);
    expect(done.body.data).toEqual({
      policy: 'challenge',
      reaches: isWithRedis ? 'all_instances' : 'this_instance',
    });
    expect(await standingOf('challenge', address)).toEqual([
      { counted: address, limit: 3, used: 0, remaining: 3, reset_seconds: 0 },
    ]);
    expect((await knock(address)).status).not.toBe(429);
  });

  it('count an IPv6 address by its networks', async () => {
    await knock('2001:db8:1:2::9');
    const [own, site] = await standingOf('challenge', '2001:db8:1:2::1');
    expect([own, site]).toMatchObject([
      { counted: '2001:db8:1:2::/64', used: 1 },
      { counted: '2001:db8:1::/48', limit: 30, used: 1 },
    ]);
  });

  it('tell how a user stands', async () => {
    const device = await api.register();
    await device.get('/auth/session').expect(200);
    const [standing] = await standingOf('user', device.userId);
    expect(standing).toMatchObject({ counted: device.userId, limit: 60 });
  });

  it('tell of failed sign-ins of an account, and forgive them', async () => {
    const { person } = await api.register();
    for (let turn = 0; turn < 3; turn += 1)
      await api
        .send('post', '/auth/signin')
        .set('x-forwarded-for', `198.51.100.${turn + 1}`)
        .send({ email: person.email, password: 'some quite wrong words' })
        .expect(401);
    expect(await standingOf('account', person.email)).toMatchObject([{ limit: 20, used: 3, remaining: 17 }]);
    await reset('account', person.email.toUpperCase()).expect(200);
    expect(await standingOf('account', person.email)).toMatchObject([{ used: 0, remaining: 20 }]);
  });

  it('leave in the log who has reset what, and of the subject a digest', async () => {
    await reset('auth', '203.0.113.99').expect(200);
    const rows = await api.sql<{ user_id: null; payload: Record<string, string> }>(
      `select user_id, payload from event_log where type = 'rate_limit.reset' order by id desc limit 1`,
    );
    expect(rows).toEqual([
      {
        user_id: null,
        payload: {
          policy: 'auth',
          by: administrator.userId,
          subject: expect.stringMatching(/^[\w-]{22}$/),
        },
      },
    ]);
  });

  it.each([
    'policy=client&subject=x',
    'policy=auth&subject=nobody',
    'policy=user&subject=203.0.113.7',
    'policy=auth',
    'subject=203.0.113.7',
  ])('cannot be asked for %s', async (query) => {
    const reply = await administrator.get(`/admin/rate-limits?${query}`);
    expect([reply.status, reply.body.code]).toEqual([400, 'VALIDATION_FAILED']);
  });

  it('tell an instance that counts alone by what it has counted itself', async () => {
    if (isWithRedis) return;
    const other = await startApi({
      env: { ...env, RATE_LIMIT_CHALLENGE: '3/60', INSTANCE_ID: 'x' },
      beside: api,
    });
    await eventually(async () => (await other.root('get', '/ready')).status === 200, { describe: 'ready' });
    await knock('203.0.113.50');
    const there = await other
      .as(administrator.token)
      .get('/admin/rate-limits?policy=challenge&subject=203.0.113.50')
      .expect(200);
    expect(there.body.data.standing).toMatchObject([{ used: 0 }]);
  });
});
