import { type Api, startApi } from '../support/api.js';

const limit = 3;
const peer = '127.0.0.1';

/** Each instance of the matrix has a limit of its own; one after another, so that buckets do not mix. */
async function start(trustProxy: string, env: Record<string, string> = {}): Promise<Api> {
  return startApi({
    env: {
      RATE_LIMIT_ENABLED: 'true',
      RATE_LIMIT_AUTH: `${limit}/60`,
      TRUST_PROXY: trustProxy,
      ...env,
    },
  });
}

/** How many of so many requests pass, with the given headers. */
async function passes(
  api: Api,
  times: number,
  headers: (index: number) => Record<string, string>,
): Promise<number> {
  let passed = 0;
  for (let index = 0; index < times; index += 1) {
    const { status } = await api.send('post', '/auth/signin').set(headers(index)).send({});
    if (status !== 429) passed += 1;
  }
  return passed;
}

const forwarded = (chain: string) => ({ 'x-forwarded-for': chain });

/**
 * What a client forges stands left of what proxies add; a forged part must neither open a new bucket nor fill
 * somebody else's [v5.0.0-4.1.3].
 *
 * @see https://github.com/nestjs/throttler/issues/427
 */
describe('a client that forges addresses stays in one bucket', () => {
  it.each([
    ['0', (index: number) => forwarded(`198.51.100.${index}`)],
    ['0', (index: number) => forwarded(`198.51.100.${index}, 203.0.113.7, 10.0.0.2`)],
    ['0', (index: number) => ({ 'x-real-ip': `198.51.100.${index}`, forwarded: `for=198.51.100.${index}` })],
    ['1', (index: number) => forwarded(`198.51.100.${index}, 203.0.113.7`)],
    ['1', (index: number) => forwarded(`${'1.1.1.1, '.repeat(index)}203.0.113.7`)],
    ['2', (index: number) => forwarded(`198.51.100.${index}, 203.0.113.7, 10.0.0.2`)],
    [
      '127.0.0.1,10.0.0.0/8',
      (index: number) => forwarded(`198.51.100.${index}, 203.0.113.7, 10.0.0.${index}`),
    ],
    ['10.0.0.0/8', (index: number) => forwarded(`203.0.113.${index}`)],
    ['1', (index: number) => forwarded(index % 2 ? '::ffff:203.0.113.7' : '203.0.113.7')],
    ['1', (index: number) => forwarded(index % 2 ? 'unknown' : '<script>')],
  ])('with TRUST_PROXY=%s', async (trustProxy, headers) => {
    expect(await passes(await start(trustProxy), 6, headers)).toBe(limit);
  });

  it('and cannot fill the bucket of another', async () => {
    const api = await start('1');
    await passes(api, 6, () => forwarded('192.0.2.1, 203.0.113.7'));
    expect(await passes(api, 1, () => forwarded('192.0.2.1'))).toBe(1);
  });
});

describe('clients behind proxies', () => {
  it.each([
    ['1', (index: number) => forwarded(`203.0.113.${index}`)],
    ['2', (index: number) => forwarded(`203.0.113.${index}, 10.0.0.2`)],
    ['127.0.0.1,10.0.0.0/8', (index: number) => forwarded(`203.0.113.${index}, 10.0.0.2, 10.0.0.3`)],
  ])('each have their own bucket with TRUST_PROXY=%s', async (trustProxy, headers) => {
    expect(await passes(await start(trustProxy), 6, headers)).toBe(6);
  });
});

describe('an IPv6 client', () => {
  it('that changes its address within its /64 stays in one bucket', async () => {
    const api = await start('1');
    expect(await passes(api, 6, (index) => forwarded(`2001:db8:1:2:${index}::${index}`))).toBe(limit);
    expect(await passes(api, 1, () => forwarded('2001:db8:1:3::1'))).toBe(1);
  });

  it('that changes its /64 is stopped by the /48 around it, ten times as wide, and its neighbour is not', async () => {
    const api = await start('1');
    const rotating = (index: number) => forwarded(`2001:db8:7:${index.toString(16)}::1`);
    expect(await passes(api, 10 * limit + 5, rotating)).toBe(10 * limit);
    expect(await passes(api, 1, () => forwarded('2001:db8:8:1::1'))).toBe(1);
  });

  it('is told nothing of the wider bucket [RateLimit disclosure]', async () => {
    const api = await start('1');
    for (let index = 0; index < 10 * limit; index += 1) {
      await api
        .send('post', '/auth/signin')
        .set(forwarded(`2001:db8:7:${index}::1`))
        .send({});
    }
    const refused = await api.send('post', '/auth/signin').set(forwarded('2001:db8:7:ffff::1')).send({});
    expect(refused.status).toBe(429);
    expect(refused.headers['ratelimit-policy']).toBe(`"global";q=300;w=60, "auth";q=${limit};w=60`);
    expect(refused.headers['ratelimit']).toMatch(/^"auth";r=0;t=\d+$/);
  });
});

describe('the self-test of addresses', () => {
  it('warns once when a proxy names clients and is not trusted', async () => {
    const api = await start('0');
    await passes(api, 3, () => forwarded('203.0.113.7'));
    expect(api.log.find('proxy.untrusted_header')).toMatchObject([{ level: 'warn', peer }]);
  });

  it('says nothing while the proxy is trusted', async () => {
    const api = await start('1');
    await passes(api, 3, (index) => forwarded(`203.0.113.${index}`));
    expect(api.log.find('proxy.untrusted_header')).toEqual([]);
  });

  it('warns once when most requests come from one address', async () => {
    const api = await start('1', { RATE_LIMIT_GLOBAL: '100000/60', LOG_LEVEL: 'warn' });
    const ask = (index: number) => api.send('get', '/auth/session').set(forwarded(`203.0.113.${index}`));
    for (let index = 0; index < 600; index += 1) await ask(index % 10 === 0 ? 2 : 1);
    expect(api.log.find('proxy.one_address')).toMatchObject([{ level: 'warn', share: 0.9 }]);
  }, 60_000);

  it('says nothing when requests come from many', async () => {
    const api = await start('1', { RATE_LIMIT_GLOBAL: '100000/60', LOG_LEVEL: 'warn' });
    for (let index = 0; index < 600; index += 1) {
      await api.send('get', '/auth/session').set(forwarded(`203.0.113.${index % 200}`));
    }
    expect(api.log.find('proxy.one_address')).toEqual([]);
  }, 60_000);
});
