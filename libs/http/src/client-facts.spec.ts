import type { FastifyRequest } from 'fastify';
import { clientFacts } from './client-facts.js';

function requestFrom(ip: string | undefined, userAgent?: string, peer = '192.0.2.1'): FastifyRequest {
  return {
    ip,
    headers: userAgent === undefined ? {} : { 'user-agent': userAgent },
    socket: { remoteAddress: peer },
  } as unknown as FastifyRequest;
}

describe('the address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['unknown', '192.0.2.1'],
    ['', '192.0.2.1'],
    ['203.0.113.7:80', '192.0.2.1'],
    ['999.1.1.1', '192.0.2.1'],
  ])('%j is stored as %s', (given, stored) => {
    expect(clientFacts(requestFrom(given)).ipAddress).toBe(stored);
  });

  it('is the plain form of a dual-stack peer', () => {
    expect(clientFacts(requestFrom('unknown', undefined, '::ffff:192.0.2.9')).ipAddress).toBe('192.0.2.9');
  });
});

describe('the device', () => {
  const agents = [
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      { browser: 'Chrome', os: 'Windows', kind: 'desktop' },
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1',
      { browser: 'Safari', os: 'iOS', kind: 'mobile' },
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/604.1',
      { browser: 'Safari', os: 'iOS', kind: 'tablet' },
    ],
    ['Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)', { kind: 'bot' }],
    ['curl/8.5.0', { browser: 'curl', os: null, kind: 'other' }],
    ['<script>alert(1)</script>', { browser: null, os: null, kind: 'other' }],
    ['', { browser: null, os: null, kind: 'other' }],
    [undefined, { browser: null, os: null, kind: 'other' }],
  ] as const;

  it.each(agents)('of %j is told apart', (userAgent, device) => {
    expect(clientFacts(requestFrom('192.0.2.1', userAgent)).device).toMatchObject(device);
  });
});
