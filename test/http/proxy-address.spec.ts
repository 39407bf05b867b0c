import { type Api, startApi } from '../support/api.js';
import { aPerson } from '../support/people.js';

const peer = '127.0.0.1';

interface Case {
  readonly what: string;
  readonly forwarded: string | undefined;
  readonly address: string;
}

/** The client is 203.0.113.7; what it forges itself stands left of what proxies add. */
const matrix: Record<string, Case[]> = {
  '0': [
    { what: 'no header', forwarded: undefined, address: peer },
    { what: 'a forged address', forwarded: '198.51.100.1', address: peer },
    { what: 'a forged chain', forwarded: '198.51.100.1, 203.0.113.7, 10.0.0.2', address: peer },
  ],
  '1': [
    { what: 'no header', forwarded: undefined, address: peer },
    { what: 'the address that the proxy adds', forwarded: '203.0.113.7', address: '203.0.113.7' },
    { what: 'a forged address before it', forwarded: '198.51.100.1, 203.0.113.7', address: '203.0.113.7' },
    {
      what: 'ten forged addresses',
      forwarded: `${'1.1.1.1, '.repeat(10)}203.0.113.7`,
      address: '203.0.113.7',
    },
    { what: 'an IPv6 address', forwarded: '2001:db8::7', address: '2001:db8::7' },
    { what: 'an IPv4 address in IPv6 form', forwarded: '::ffff:203.0.113.7', address: '203.0.113.7' },
    { what: 'what is no address', forwarded: 'unknown', address: peer },
    { what: 'markup', forwarded: '<script>alert(1)</script>', address: peer },
    { what: 'an address with a port', forwarded: '203.0.113.7:4711', address: peer },
    { what: 'an empty entry', forwarded: '203.0.113.7, ', address: '203.0.113.7' },
    { what: 'ten thousand characters', forwarded: 'x'.repeat(10_000), address: peer },
  ],
  '2': [
    { what: 'no header', forwarded: undefined, address: peer },
    { what: 'both proxies', forwarded: '203.0.113.7, 10.0.0.2', address: '203.0.113.7' },
    {
      what: 'a forged address before',
      forwarded: '198.51.100.1, 203.0.113.7, 10.0.0.2',
      address: '203.0.113.7',
    },
    { what: 'fewer proxies than announced', forwarded: '203.0.113.7', address: '203.0.113.7' },
  ],
  '127.0.0.1,10.0.0.0/8': [
    { what: 'no header', forwarded: undefined, address: peer },
    { what: 'one proxy', forwarded: '203.0.113.7', address: '203.0.113.7' },
    { what: 'several proxies', forwarded: '203.0.113.7, 10.0.0.9, 10.1.2.3', address: '203.0.113.7' },
    {
      what: 'a forged address of a trusted network',
      forwarded: '10.0.0.1, 203.0.113.7, 10.0.0.2',
      address: '203.0.113.7',
    },
    { what: 'a client inside the network', forwarded: '10.0.0.5', address: '10.0.0.5' },
  ],
  '10.0.0.0/8': [
    { what: 'a header from a peer outside the network', forwarded: '203.0.113.7', address: peer },
  ],
};

/**
 * @see https://github.com/aprin-labs/archimedes/issues/1691
 * @see https://github.com/better-auth/better-auth/pull/10203
 * @see https://github.com/codelibs/fess/pull/3360
 */
describe.each(Object.entries(matrix))('the address of a session with TRUST_PROXY=%s', (trustProxy, cases) => {
  const person = aPerson();
  let api: Api;

  beforeAll(async () => {
    api = await startApi({ env: { TRUST_PROXY: trustProxy } });
    await api.register(person);
  });

  async function addressWith(headers: Record<string, string>): Promise<string> {
    const device = await api.signIn(person, headers);
    const { body } = await device
      .get('/sessions/current')
      .set({ 'x-forwarded-for': '192.0.2.99' })
      .expect(200);
    expect(body.data.ips_used).toEqual([body.data.ip_address]);
    return body.data.ip_address;
  }

  it.each(cases)('is $address given $what [v5.0.0-15.3.4, v5.0.0-4.1.3]', async ({ forwarded, address }) => {
    expect(await addressWith(forwarded === undefined ? {} : { 'x-forwarded-for': forwarded })).toBe(address);
  });

  it('listens to no other header', async () => {
    const forged = '198.51.100.1';
    const headers = {
      forwarded: `for=${forged}`,
      'x-real-ip': forged,
      'x-client-ip': forged,
      'true-client-ip': forged,
      'cf-connecting-ip': forged,
      'x-cluster-client-ip': forged,
    };
    expect(await addressWith(headers)).toBe(peer);
  });
});
