import { request as open } from 'node:http';
import { NginxProcess } from '@app/testing';
import { type Api, startApi } from '../support/api.js';
import { nginxBefore } from '../support/nginx.js';

const limit = 3;

interface Sending {
  readonly port: number;
  /** Address of this machine that the client uses; every one of 127.0.0.0/8 is its own. */
  readonly from: string;
  readonly forged?: string;
}

function statusOf({ port, from, forged }: Sending): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = open({
      host: '127.0.0.1',
      port,
      localAddress: from,
      agent: false,
      method: 'POST',
      path: '/api/v1/auth/signin',
      headers: {
        'content-type': 'application/json',
        'content-length': 2,
        ...(forged ? { 'x-forwarded-for': forged } : {}),
      },
    });
    request.once('error', reject);
    request.once('response', (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    request.end('{}');
  });
}

/** How many of so many requests pass. */
async function passes(times: number, sending: (index: number) => Sending): Promise<number> {
  let passed = 0;
  for (let index = 0; index < times; index += 1) if ((await statusOf(sending(index))) === 400) passed += 1;
  return passed;
}

describe.each([0, 1, 2])('behind %i nginx', (proxies) => {
  const chain: NginxProcess[] = [];
  let api: Api;
  let port: number;

  beforeAll(async () => {
    api = await startApi({
      env: { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_AUTH: `${limit}/3600`, TRUST_PROXY: String(proxies) },
    });
    port = api.port;
    for (let index = 0; index < proxies; index += 1) {
      chain.push(await nginxBefore(port));
      port = chain.at(-1)!.port;
    }
  }, 120_000);
  afterAll(() => Promise.all(chain.map((nginx) => nginx.stop())));

  it('a client has one bucket', async () => {
    expect(await passes(6, () => ({ port, from: '127.0.1.1' }))).toBe(limit);
  });

  it('another client has another one', async () => {
    expect(await passes(6, (index) => ({ port, from: `127.0.2.${index + 1}` }))).toBe(6);
  });

  it('a client that forges chains stays in its bucket [v5.0.0-4.1.3]', async () => {
    const forger = (index: number): Sending => ({
      port,
      from: '127.0.3.1',
      forged: `198.51.100.${index}, 203.0.113.${index}`,
    });
    expect(await passes(6, forger)).toBe(limit);
  });

  it('a client that forges the address of another fills its own bucket', async () => {
    await passes(6, () => ({ port, from: '127.0.4.1', forged: '127.0.5.1' }));
    expect(await passes(6, () => ({ port, from: '127.0.5.1' }))).toBe(limit);
  });
});

describe('behind nginx that is not announced', () => {
  let nginx: NginxProcess;
  let api: Api;

  beforeAll(async () => {
    api = await startApi({ env: { RATE_LIMIT_ENABLED: 'true', RATE_LIMIT_AUTH: `${limit}/3600` } });
    nginx = await nginxBefore(api.port);
  }, 120_000);
  afterAll(() => nginx.stop());

  it('all clients share one bucket, and the log says why', async () => {
    expect(await passes(6, (index) => ({ port: nginx.port, from: `127.0.6.${index + 1}` }))).toBe(limit);
    expect(api.log.find('proxy.untrusted_header')).toHaveLength(1);
  });
});
