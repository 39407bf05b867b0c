import { type Api, startApi } from '../support/api.js';
import { exchange } from '../support/raw-http.js';

let api: Api;
const host = 'Host: rollcall.example\r\n';

beforeAll(async () => {
  api = await startApi();
});

const signIn = (headers: string, body: string): string =>
  `POST /api/v1/auth/signin HTTP/1.1\r\n${host}Content-Type: application/json\r\n${headers}\r\n${body}`;
const health = (headers: string): string => `GET /health HTTP/1.1\r\n${headers}\r\n`;

describe('a request that two readers could understand in two ways', () => {
  const ambiguous = [
    [
      'Content-Length and Transfer-Encoding',
      signIn('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    ],
    [
      'Transfer-Encoding and Content-Length',
      signIn('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
    ],
    ['two different lengths', signIn('Content-Length: 2\r\nContent-Length: 3\r\n', '{}')],
    ['one length twice', signIn('Content-Length: 2\r\nContent-Length: 2\r\n', '{}')],
    ['a list of lengths', signIn('Content-Length: 2, 2\r\n', '{}')],
    ['a negative length', signIn('Content-Length: -2\r\n', '{}')],
    ['a length with a sign', signIn('Content-Length: +2\r\n', '{}')],
    ['a hexadecimal length', signIn('Content-Length: 0x2\r\n', '{}')],
    ['an unknown transfer encoding', signIn('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
    ['chunked before another encoding', signIn('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n')],
    ['a chunk size that is no number', signIn('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n')],
    ['a chunk longer than its size', signIn('Transfer-Encoding: chunked\r\n', '1\r\n{}\r\n0\r\n\r\n')],
    ['bare line feeds', 'GET /health HTTP/1.1\nHost: rollcall.example\n\n'],
    ['a bare line feed between fields', health('Host: rollcall.example\nX-A: b\r\n')],
    ['a bare carriage return in a field', health('Host: rollcall.example\rX-A: b\r\n')],
    ['a space before the colon', health('Host : rollcall.example\r\n')],
    ['a folded field', health(`${host}X-A: b\r\n c\r\n`)],
    ['a null byte in a field', health(`${host}X-A: a\0b\r\n`)],
    ['a control character in a field', health(`${host}User-Agent: a\x1b[31mb\r\n`)],
    ['no host', health('')],
    ['two hosts', health(`${host}Host: evil.example\r\n`)],
    ['two authorizations', health(`${host}Authorization: Bearer a\r\nauthorization: Bearer b\r\n`)],
    ['two content types', signIn('Content-Length: 2\r\ncontent-type: text/plain\r\n', '{}')],
    ['an unknown version', `GET /health HTTP/1.2\r\n${host}\r\n`],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['an invented method', `FROB /health HTTP/1.1\r\n${host}\r\n`],
    ['the start of a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'],
  ] as const;

  it.each(ambiguous)(
    'is answered 400 and hung up on: %s [v5.0.0-4.2.1, RFC 9112 §2-6]',
    async (_what, bytes) => {
      const before = await api.fingerprint();
      const reply = await exchange(api.port, Buffer.from(bytes, 'latin1'));
      expect({ status: reply.status, isClosed: reply.isClosed }).toEqual({ status: 400, isClosed: true });
      expect(reply.text.match(/HTTP\/1\.1 \d{3}/g)).toHaveLength(1);
      expect(reply.text).not.toContain('evil');
      expect(await api.fingerprint()).toEqual(before);
    },
  );

  it('is answered with a problem document where our code can answer', async () => {
    const { text } = await exchange(api.port, signIn('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'));
    const [head, body] = text.split('\r\n\r\n') as [string, string];
    expect(head).toContain('Content-Type: application/problem+json; charset=utf-8');
    expect(head).toContain(`Content-Length: ${Buffer.byteLength(body)}`);
    expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'VALIDATION_FAILED', success: false });
  });
});

describe('a request that is too large', () => {
  it.each([
    ['a field of 20 KB', health(`${host}X-A: ${'a'.repeat(20_000)}\r\n`)],
    ['many fields', health(`${host}${'X-Many: field\r\n'.repeat(2000)}`)],
    ['an address of 20 KB', `GET /${'a'.repeat(20_000)} HTTP/1.1\r\n${host}\r\n`],
  ])('is answered 431 and hung up on: %s', async (_what, bytes) => {
    const reply = await exchange(api.port, bytes);
    expect({ status: reply.status, isClosed: reply.isClosed }).toEqual({ status: 431, isClosed: true });
    expect(reply.text).toContain('"code":"VALIDATION_FAILED"');
  });

  it('is answered 413 before a chunked body of unknown length has arrived', async () => {
    const chunk = `${(70_000).toString(16)}\r\n${' '.repeat(70_000)}\r\n`;
    const reply = await exchange(
      api.port,
      signIn('Connection: close\r\nTransfer-Encoding: chunked\r\n', chunk),
    );
    expect({ status: reply.status, isClosed: reply.isClosed }).toEqual({ status: 413, isClosed: true });
  });

  it('is answered 413 for an announced length alone [v5.0.0-5.2.1]', async () => {
    const reply = await exchange(api.port, signIn('Connection: close\r\nContent-Length: 1000000000\r\n', ''));
    expect({ status: reply.status, isClosed: reply.isClosed }).toEqual({ status: 413, isClosed: true });
  });
});

describe('a method beyond those of the API', () => {
  it.each(['TRACE', 'PROPFIND', 'SEARCH', 'M-SEARCH', 'PURGE', 'LOCK', 'OPTIONS', 'PUT', 'PATCH'])(
    '%s is answered 405 with Allow on an address of ours [v5.0.0-4.1.4, v5.0.0-13.4.4]',
    async (method) => {
      const { status, text } = await exchange(
        api.port,
        `${method} /health HTTP/1.1\r\n${host}Connection: close\r\n\r\n`,
      );
      expect(status).toBe(405);
      expect(text).toMatch(/^allow: GET, HEAD\r$/m);
      expect(text).toContain('"code":"METHOD_NOT_ALLOWED"');
    },
  );

  it('CONNECT is hung up on', async () => {
    const reply = await exchange(api.port, `CONNECT internal.example:80 HTTP/1.1\r\n${host}\r\n`);
    expect(reply).toEqual({ status: null, text: '', isClosed: true });
  });
});

it('serves the next request on the same connection after an ordinary refusal', async () => {
  const wrong = signIn('Content-Length: 2\r\n', '{}');
  const { text } = await exchange(api.port, wrong + health(`${host}Connection: close\r\n`));
  expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 400', 'HTTP/1.1 200']);
});
