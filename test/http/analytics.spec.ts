import { eventually, FakeClock } from '@app/testing';
import { type Api, type SignedInDevice, startApi } from '../support/api.js';
import { aPerson } from '../support/people.js';

const start = new Date('2026-03-01T12:02:00Z');
const minute = 60_000;

interface Series {
  readonly metric: string;
  readonly label: string | null;
  readonly total: number | null;
  readonly values: readonly (number | null)[];
}

const agents = {
  chrome:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36',
  safari:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1',
};

describe('what administrators are told in numbers', () => {
  const clock = new FakeClock(start);
  let api: Api;
  let administrator: SignedInDevice;

  const analytics = async (query: string) =>
    (await administrator.get(`/admin/analytics?${query}`).expect(200)).body.data;

  const seriesOf = async (query: string): Promise<Series[]> => (await analytics(query)).series;

  const stats = async () => (await administrator.get('/admin/stats').expect(200)).body.data;

  /** The story of an afternoon, which all tests below look at. */
  beforeAll(async () => {
    api = await startApi({ clock });
    const person = aPerson();
    await api.register(person, { 'user-agent': agents.chrome });
    clock.advance(6 * minute);
    await api.signIn(person, { 'user-agent': agents.safari });
    const gone = await api.signIn(person, { 'user-agent': 'made-up/1.0' });
    for (const password of ['wrong in some way', 'wrong in another way'])
      await api.send('post', '/auth/signin').send({ email: person.email, password }).expect(401);
    clock.advance(2 * minute);
    await gone.post('/auth/signout').expect(200);
    administrator = await api.administrator();
    await eventually(
      async () => {
        const [series] = await seriesOf('metrics=sessions_started');
        return series?.total === 5;
      },
      { describe: 'all sessions are counted', timeoutMs: 15_000 },
    );
  });

  const range = 'from=2026-03-01T12:00:00Z&to=2026-03-01T12:15:00Z&bucket=5m';

  it('counts sign-ins, failures and ends in the buckets in which they happened', async () => {
    const told = await analytics(`${range}&metrics=sign_ins,sign_in_failures,sessions_ended,users_created`);
    expect(told).toMatchObject({
      from: '2026-03-01T12:00:00.000Z',
      to: '2026-03-01T12:15:00.000Z',
      bucket: '5m',
      buckets: ['2026-03-01T12:00:00.000Z', '2026-03-01T12:05:00.000Z', '2026-03-01T12:10:00.000Z'],
    });
    expect(told.series).toEqual([
      { metric: 'sign_ins', label: null, total: 5, values: [1, 2, 2] },
      { metric: 'sign_in_failures', label: null, total: 2, values: [0, 2, 0] },
      { metric: 'sessions_ended', label: 'signout', total: 1, values: [0, 0, 1] },
      { metric: 'users_created', label: null, total: 2, values: [1, 0, 1] },
    ]);
  });

  it('counts people once for each bucket, and sessions that were live at its end', async () => {
    expect(await seriesOf(`${range}&metrics=users_signed_in,active_sessions`)).toEqual([
      { metric: 'users_signed_in', label: null, total: 3, values: [1, 1, 1] },
      { metric: 'active_sessions', label: null, total: 4, values: [1, 3, 4] },
    ]);
    expect(
      await seriesOf('from=2026-03-01T12:06:00Z&to=2026-03-01T12:08:00Z&bucket=5m&metrics=active_sessions'),
    ).toEqual([{ metric: 'active_sessions', label: null, total: 3, values: [3] }]);
    expect(
      await seriesOf(
        'from=2026-03-01T12:06:00Z&to=2026-03-02T12:08:00Z&bucket=1d&metrics=active_sessions,users_signed_in',
      ),
    ).toEqual([
      { metric: 'active_sessions', label: null, total: 4, values: [4, 4] },
      { metric: 'users_signed_in', label: null, total: 2, values: [2, 0] },
    ]);
  });

  it('knows devices by names from a list, whatever they call themselves', async () => {
    const devices = await seriesOf(`${range}&metrics=browsers,operating_systems,device_kinds`);
    const totals = devices.map(({ metric, label, total }) => `${metric} ${label} ${total}`).toSorted();
    expect(totals).toEqual([
      'browsers Chrome 1',
      'browsers Safari 1',
      'browsers other 1',
      'browsers unknown 2',
      'device_kinds desktop 1',
      'device_kinds mobile 1',
      'device_kinds other 3',
      'operating_systems Windows 1',
      'operating_systems iOS 1',
      'operating_systems unknown 3',
    ]);
  });

  it('fills what has had nothing with zeros, and days are those of UTC', async () => {
    const told = await analytics(
      'from=2026-02-27T00:00:00%2B03:00&to=2026-03-02T00:00:00Z&bucket=1d&metrics=sign_ins',
    );
    expect(told.buckets[0]).toBe('2026-02-26T00:00:00.000Z');
    expect(told.series).toEqual([{ metric: 'sign_ins', label: null, total: 5, values: [0, 0, 0, 5] }]);
  });

  it('tells of everything, of the last day and by the hour, unless asked for less', async () => {
    const told = await analytics('');
    expect(told.buckets).toHaveLength(25);
    expect(told.lag_seconds).toBe(0);
    const metrics = new Set(told.series.map(({ metric }: Series) => metric));
    expect([...metrics]).toEqual(
      expect.arrayContaining(['sign_ins', 'session_length', 'active_sessions', 'cache_hit_rate']),
    );
  });

  it('tells in one small reply how things stand', async () => {
    const told = await stats();
    expect(told).toMatchObject({
      at: clock.now().toISOString(),
      active: { sessions: 4, users: 2 },
      last_hour: {
        sign_ins: 5,
        sign_in_failures: 2,
        users_created: 2,
        sessions_started: 5,
        sessions_ended: 1,
        sessions_ended_by_reason: { signout: 1 },
        limit_hits: 0,
        limit_hits_by_policy: {},
      },
      last_24_hours: { sign_ins: 5 },
      lag_seconds: 0,
      revocations: {
        instances: 1,
        mode: 'normal',
        feed_age_ms: expect.any(Number),
        lag_ms: expect.any(Number),
      },
    });
  });

  it.each([
    ['from=yesterday', 'from', /must be a time/],
    ['from=1999-01-01T00:00:00Z', 'from', /2000/],
    ['from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z', 'from', /before to/],
    [
      'from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z&bucket=5m',
      'bucket',
      /16992 buckets .* at most 2000/,
    ],
    ['bucket=1w', 'bucket', /5m, 1h or 1d/],
    ['metrics=sign_ins,users', 'metrics', /sign_ins, sign_in_failures/],
  ])('refuses %s and says why', async (query, field, message) => {
    const reply = await administrator.get(`/admin/analytics?${query}`).expect(400);
    expect(reply.body).toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ field, message: expect.stringMatching(message) }],
    });
  });

  it('takes a step-up for the same visit under another id, and knows how long sessions were', async () => {
    const device = await api.signIn(administrator.person);
    clock.advance(3 * minute);
    await device.post('/auth/step-up', { password: device.person.password }).expect(200);
    const later = `${range.replace('12:15', '12:25')}&metrics=sessions_started,sign_ins,session_length`;
    await eventually(async () => (await seriesOf(later))[0]?.total === 7, { describe: 'both are counted' });
    expect(await seriesOf(later)).toMatchObject([
      { metric: 'sessions_started', total: 7 },
      { metric: 'sign_ins', total: 6 },
      { metric: 'session_length', label: 'mean', total: 150 },
      { metric: 'session_length', label: 'p50', total: 180 },
      { metric: 'session_length', label: 'p90', total: 276 },
    ]);
  });
});
