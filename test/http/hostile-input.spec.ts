import type { Response } from 'supertest';
import { type Api, base, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { goodPassword } from '../support/people.js';

let api: Api;
let victim: SignedInDevice;

beforeAll(async () => {
  api = await startApi();
  victim = await api.register();
});

afterEach(() => {
  expect(api.log.find('request.failed')).toEqual([]);
  expect(({} as Record<string, unknown>).x).toBeUndefined();
});

/** Runs hostile requests and proves that they wrote nothing. */
async function expectNoTrace(work: () => Promise<void>): Promise<void> {
  const before = await api.fingerprint();
  await work();
  expect(await api.fingerprint()).toEqual(before);
  await victim.get('/auth/session').expect(200);
}

/** The body as these very bytes; `type` null sends no content type at all. */
async function sendBytes(path: string, body: string | Uint8Array, type: string | null): Promise<Response> {
  const reply = await fetch(`http://127.0.0.1:${api.port}${base}${path}`, {
    method: 'POST',
    body: typeof body === 'string' ? new TextEncoder().encode(body) : new Uint8Array(body),
    headers: type === null ? {} : { 'content-type': type },
  });
  // The members of a reply that the expectations look at.
  const text = await reply.text();
  const facts = {
    status: reply.status,
    headers: Object.fromEntries(reply.headers),
    text,
    body: JSON.parse(text),
  };
  return facts as unknown as Response;
}

const sendJson = (path: string, body: string | Uint8Array) => sendBytes(path, body, 'application/json');

const unreadable = { status: 400, code: 'VALIDATION_FAILED' } as const;
const invalid = { ...unreadable, errors: expect.any(Array) } as const;

const account = { email: 'mallory@example.com', password: goodPassword };
const bodyRoutes = [
  { path: '/auth/register', fields: ['email', 'password', 'username', 'full_name'], valid: account },
  { path: '/auth/signin', fields: ['email', 'password'], valid: account },
  { path: '/auth/signin', fields: ['username'], valid: { username: 'mallory', password: goodPassword } },
  { path: '/auth/login', fields: ['email', 'password'], valid: account },
] as const;

describe.each(bodyRoutes)('POST $path ($fields)', ({ path, fields, valid }) => {
  const wrongValues = [
    ['a number', 7],
    ['a boolean', true],
    ['null', null],
    ['an array', ['a@example.com']],
    ['an empty array', []],
    ['an object', { $ne: 1 }],
    ['an object that can be text', { toString: 'x' }],
    ['nothing', ''],
    ['a null byte', 'long enough \0 for any rule'],
    ['a lone surrogate', 'long enough \ud800 for any rule'],
    ['2000 characters', 'x'.repeat(2000)],
  ] as const;

  it.each(fields.flatMap((field) => wrongValues.map(([what, value]) => ({ field, what, value }))))(
    'refuses $what as $field [v5.0.0-2.2.1, v5.0.0-15.3.5]',
    async ({ field, value }) => {
      await expectNoTrace(async () => {
        const reply = await sendJson(path, JSON.stringify({ ...valid, [field]: value }));
        expectProblem(reply, invalid);
        expect(reply.body.errors[0].field).toBe(field);
      });
    },
  );

  it('refuses JSON that is no object', async () => {
    await expectNoTrace(async () => {
      for (const body of ['[]', 'null', '"text"', '7', 'true', `[${JSON.stringify(valid)}]`]) {
        expectProblem(await sendJson(path, body), invalid);
      }
    });
  });

  it('refuses what is no JSON, or JSON to some parsers only [v5.0.0-16.5.4]', async () => {
    const text = JSON.stringify(valid);
    const broken = ['{', '}', text.slice(0, -1), `${text}}`, `${text}${text}`, text.replaceAll('"', "'")];
    const lenient = [
      text.replace('}', ',}'),
      `${text}//`,
      `/**/${text}`,
      '{email:"a@example.com"}',
      'NaN',
      ' ',
    ];
    await expectNoTrace(async () => {
      for (const body of [...broken, ...lenient]) expectProblem(await sendJson(path, body), unreadable);
    });
  });

  it('refuses a missing body', async () => {
    await expectNoTrace(async () => {
      expectProblem(await sendJson(path, ''), invalid);
      expectProblem(await api.send('post', path), invalid);
    });
  });

  it('refuses other encodings than plain UTF-8 [v5.0.0-1.5.3]', async () => {
    const text = JSON.stringify(valid);
    await expectNoTrace(async () => {
      for (const body of [
        Buffer.from(`\ufeff${text}`),
        Buffer.from(text, 'utf16le'),
        Buffer.from(`\ufeff${text}`, 'utf16le'),
        Buffer.from(text.replace('"password":"', '"password":"\u00ff'), 'latin1'),
        Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0xc0, 0xaf]), Buffer.from('"}')]),
      ]) {
        expectProblem(await sendJson(path, body), unreadable);
      }
    });
  });

  it('refuses a member that is named twice, in any spelling [v5.0.0-1.5.3, v5.0.0-15.3.7]', async () => {
    const text = JSON.stringify(valid);
    await expectNoTrace(async () => {
      for (const body of [
        text.replace('}', `,"password":"${goodPassword}"}`),
        text.replace('{', '{"password":"another one that is long",'),
        text.replace('}', `,"pass\\u0077ord":"${goodPassword}"}`),
      ]) {
        expectProblem(await sendJson(path, body), unreadable);
      }
    });
  });

  it('takes colons and brackets inside text for text', async () => {
    const password = '{"a":[[[[[[[[[[[[[[[[[[[[[[[[ \\" :: "}';
    const reply = await sendJson('/auth/signin', JSON.stringify({ email: account.email, password }));
    expectProblem(reply, { status: 401, code: 'INVALID_CREDENTIALS' });
  });

  it('refuses deep nesting before it becomes objects', async () => {
    const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
    await expectNoTrace(async () => {
      for (const body of [
        nested('[', ']', 17),
        nested('[', ']', 30_000),
        '['.repeat(60_000),
        `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
      ]) {
        expectProblem(await sendJson(path, body), unreadable);
      }
    });
  });

  it('refuses more than 64 KiB, and reads 64 KiB', async () => {
    const padded = (bytes: number) => {
      const text = JSON.stringify(valid);
      return text.replace('}', `${' '.repeat(bytes - text.length)}}`);
    };
    await expectNoTrace(async () => {
      expectProblem(await sendJson(path, padded(65_537)), { status: 413, code: 'PAYLOAD_TOO_LARGE' });
      expectProblem(await sendJson(path, padded(500_000)), { status: 413, code: 'PAYLOAD_TOO_LARGE' });
      const atLimit = padded(65_536)
        .replace('}', `}`)
        .replace('"email"', '"e-ail"')
        .replace('"username"', '"u-ername"');
      expectProblem(await sendJson(path, atLimit), invalid);
    });
  });

  it('refuses prototypes in any form [v5.0.0-15.3.6]', async () => {
    const text = JSON.stringify(valid);
    await expectNoTrace(async () => {
      for (const member of [
        '"__proto__":{"x":1}',
        '"\\u005f_proto__":{"x":1}',
        '"constructor":{"prototype":{"x":1}}',
        '"full_name":{"__proto__":{"x":1}}',
        '"__proto__":null',
      ]) {
        const reply = await sendJson(path, text.replace('{', `{${member},`));
        expect({ member, status: reply.status, code: reply.body.code }).toEqual({ member, ...unreadable });
      }
      const reply = await sendJson(`${path}?__proto__[x]=1&constructor[prototype][x]=1`, '{}');
      expectProblem(reply, invalid);
    });
  });

  it('never looks at members that are called like parts of a prototype', async () => {
    const nobody = JSON.stringify({ email: 'nobody@example.com', password: goodPassword });
    await expectNoTrace(async () => {
      for (const member of ['"constructor":"x"', '"constructor":{"x":1}', '"prototype":{"x":1}']) {
        const reply = await sendJson('/auth/signin', nobody.replace('{', `{${member},`));
        expectProblem(reply, { status: 401, code: 'INVALID_CREDENTIALS' });
      }
    });
  });

  it('refuses unknown members, however many', async () => {
    await expectNoTrace(async () => {
      expectProblem(
        await sendJson(path, JSON.stringify({ ...valid, $where: '1', 'a.b': 1, '': 1 })),
        invalid,
      );
      const many = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`m${index}`, 0]));
      expectProblem(await sendJson(path, JSON.stringify({ ...many, ...valid })), invalid);
    });
  });

  it.each([
    ['text/plain', JSON.stringify(valid)],
    ['text/json', JSON.stringify(valid)],
    ['application/x-www-form-urlencoded', new URLSearchParams(valid).toString()],
    [
      'multipart/form-data; boundary=x',
      '--x\r\ncontent-disposition: form-data; name="email"\r\n\r\na\r\n--x--',
    ],
    ['application/xml', '<email>a@example.com</email>'],
    ['application/jsonx', JSON.stringify(valid)],
    ['application/json-patch+json', JSON.stringify(valid)],
    ['application/vnd.api+json', JSON.stringify(valid)],
    ['application/octet-stream', JSON.stringify(valid)],
    ['text/plain; application/json', JSON.stringify(valid)],
    ['nonsense', JSON.stringify(valid)],
    [null, JSON.stringify(valid)],
  ])('refuses the content type %s [v5.0.0-3.5.2, RFC 9110 §15.5]', async (type, body) => {
    await expectNoTrace(async () => {
      expectProblem(await sendBytes(path, body, type), { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    });
  });

  it('refuses a compressed body', async () => {
    await expectNoTrace(async () => {
      const reply = await api.send('post', path).set('content-encoding', 'gzip').send(valid);
      expectProblem(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    });
  });

  it('takes nothing from the query [v5.0.0-14.2.1, v5.0.0-15.3.7]', async () => {
    const query = new URLSearchParams(valid).toString();
    await expectNoTrace(async () => {
      expectProblem(await sendJson(`${path}?${query}`, '{}'), invalid);
      expectProblem(await sendJson(`${path}?${query}&${query}`, ''), invalid);
    });
  });

  it('treats SQL and markup as text [v5.0.0-1.2.4]', async () => {
    const payloads = [
      `' or 1=1 --`,
      `'; drop table users; --`,
      `x' union select password_hash from users --`,
      `$1`,
      `\\'; select pg_sleep(5)`,
      `<script>alert(1)</script>`,
      `"><img src=x onerror=alert(1)>`,
      `{{7*7}}\${7*7}`,
      '%s%d%n',
      '\u2028\u2029\u202e',
    ];
    await expectNoTrace(async () => {
      for (const payload of payloads) {
        for (const field of fields.filter((name) => name === 'email' || name === 'username')) {
          const reply = await sendJson(path, JSON.stringify({ ...valid, [field]: payload }));
          expect([400, 401]).toContain(reply.status);
          expect(['VALIDATION_FAILED', 'INVALID_CREDENTIALS']).toContain(reply.body.code);
        }
        const reply = await sendJson('/auth/signin', JSON.stringify({ ...account, password: payload }));
        expectProblem(reply, { status: 401, code: 'INVALID_CREDENTIALS' });
      }
    });
  });

  it('answers ten thousand hostile characters at once [v5.0.0-1.3.12]', async () => {
    const long = [
      `${'a'.repeat(10_000)}@`,
      `a@${'a.'.repeat(5000)}`,
      `${'a.'.repeat(5000)}@a.aa`,
      `a@${'-'.repeat(10_000)}`,
    ];
    await expectNoTrace(async () => {
      for (const text of long) {
        const started = performance.now();
        const body = Object.fromEntries(fields.map((field) => [field, text]));
        expectProblem(await sendJson(path, JSON.stringify({ ...valid, ...body })), invalid);
        expect(performance.now() - started).toBeLessThan(2000);
      }
    });
  });
});

describe('a route that needs no body', () => {
  it.each(['/auth/signout', '/auth/logout', '/auth/logout-all'])(
    'POST %s refuses the bodies that a foreign page can send [v5.0.0-3.5.2, WSTG-SESS-05]',
    async (path) => {
      await expectNoTrace(async () => {
        for (const type of [
          'text/plain',
          'application/x-www-form-urlencoded',
          'multipart/form-data; boundary=x',
        ]) {
          const reply = await victim.post(path).set('content-type', type).send('a=1');
          expectProblem(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
        }
        expectProblem(
          await victim.post(path).set('content-type', 'application/json').send('{"a":'),
          unreadable,
        );
      });
    },
  );

  it('accepts the JSON content type without a body, as many clients send it', async () => {
    const device = await api.signIn(victim.person);
    await device.delete(`/sessions/${device.sessionId}`).set('content-type', 'application/json').expect(200);
    const other = await api.signIn(victim.person);
    await other.post('/auth/signout').set('content-type', 'application/json').expect(200);
  });
});

describe('a user agent', () => {
  const stored = async (userAgent: string): Promise<string | null> => {
    const { email, password } = victim.person;
    const reply = await fetch(`http://127.0.0.1:${api.port}${base}/auth/signin`, {
      method: 'POST',
      body: JSON.stringify({ email, password }),
      headers: { 'content-type': 'application/json', 'user-agent': userAgent },
    });
    const { data } = (await reply.json()) as { data: { access_token: string } };
    const device = api.as(data.access_token);
    const { body } = await device.get('/sessions/current').expect(200);
    await device.post('/auth/signout').expect(200);
    return body.data.user_agent;
  };

  it('of ten thousand characters is stored cut to 512 [v5.0.0-1.3.3, v5.0.0-1.3.12]', async () => {
    const started = performance.now();
    expect(await stored('Mozilla/5.0 ('.repeat(800))).toBe('Mozilla/5.0 ('.repeat(40).slice(0, 512));
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('loses its control characters and nothing else [v5.0.0-1.3.3]', async () => {
    expect(await stored('Odd\tAgent/1.0 \u0085\u009bend')).toBe('OddAgent/1.0 end');
  });

  it('keeps markup and format strings as they are [v5.0.0-1.1.2, v5.0.0-1.3.10]', async () => {
    for (const text of [
      '<b>x</b>',
      '"><img src=x onerror=alert(1)>',
      '%s%d%o',
      `'; drop table sessions; --`,
    ]) {
      expect(await stored(text)).toBe(text);
    }
  });

  it('may be missing', async () => {
    expect(await stored('')).toBeNull();
  });

  it('stays inside one JSON line of the log [v5.0.0-16.4.1]', async () => {
    await stored('x\u009b31m"} {"level":"fatal"');
    expect(api.log.lines.filter((line) => line.level === 'fatal')).toEqual([]);
  });
});

describe('an address', () => {
  it.each(['/%zz', '/%', '/%c0%af', '/%ff', `${base}/sessions/%`, `${base}/sessions/%E0%A4%A`])(
    'that cannot be decoded is refused: %s [v5.0.0-16.5.4]',
    async (path) => {
      await expectNoTrace(async () => {
        const reply = await victim.delete(path.startsWith(base) ? path : `${base}/..${path}`);
        expect([400, 404]).toContain(reply.status);
        expect(['VALIDATION_FAILED', 'NOT_FOUND']).toContain(reply.body.code);
        expectProblem(await api.root('get', path), unreadable);
      });
    },
  );

  it('may be long without being found', async () => {
    expectProblem(await api.root('get', `/${'a'.repeat(8000)}`), { status: 404, code: 'NOT_FOUND' });
    expectProblem(await api.root('get', `/nothing?${'a'.repeat(8000)}`), { status: 404, code: 'NOT_FOUND' });
  });

  it.each([
    '/.git/HEAD',
    '/.env',
    '/package.json',
    '/node_modules/',
    '/dist/',
    '/server.js.map',
    '/docs/package.json',
    '/docs/package%2ejson',
    '/docs/README.md',
    '/docs/swagger-ui.js.map',
    '/docs/..%2f..%2fpackage.json',
  ])('that is not ours is not found: %s [v5.0.0-13.4.1, v5.0.0-13.4.3, v5.0.0-13.4.7]', async (path) => {
    expectProblem(await api.root('get', path), { status: 404, code: 'NOT_FOUND' });
  });

  it.each(['/x.css', ';x.js', '%2fx', '.json', '%00', '/..%2fx'])(
    'of a private route with %s behind it gives nothing away [v5.0.0-14.2.5]',
    async (suffix) => {
      for (const path of ['/auth/session', '/sessions', '/sessions/current']) {
        const reply = await victim.get(`${path}${suffix}`);
        expect([404, 405]).toContain(reply.status);
        expect(reply.headers['cache-control']).toBe('no-store');
        expect(reply.text).not.toContain(victim.userId);
      }
    },
  );

  it('with a callback or repeated parameters gets the same reply [v5.0.0-3.5.6, v5.0.0-15.3.7]', async () => {
    // Each use moves the idle end.
    const fixed = (text: string): string => text.replace(/"idle_expires_at":"[^"]+"/, '');
    const plain = await victim.get('/auth/session').expect(200);
    for (const query of [
      'callback=x',
      'jsonp=x',
      'sid=1&sid=2',
      'sid[]=1',
      '__proto__[x]=1',
      'a='.repeat(500),
    ]) {
      const reply = await victim.get(`/auth/session?${query}`).expect(200);
      expect(fixed(reply.text)).toBe(fixed(plain.text));
      expect(reply.headers['content-type']).toBe('application/json; charset=utf-8');
    }
  });
});

describe('a method', () => {
  it('cannot be overridden by a header or parameter [v5.0.0-3.5.3]', async () => {
    await expectNoTrace(async () => {
      for (const header of ['x-http-method-override', 'x-http-method', 'x-method-override']) {
        const reply = await victim.get('/sessions?_method=DELETE').set(header, 'DELETE').expect(200);
        expect(reply.body.data.count).toBe(1);
        const post = await victim.post('/sessions?_method=DELETE').set(header, 'DELETE');
        expectProblem(post, { status: 405, code: 'METHOD_NOT_ALLOWED' });
      }
    });
  });
});
