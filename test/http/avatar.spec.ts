import { FakeClock } from '@app/testing';
import sharp, { type Sharp } from 'sharp';
import type { Response, Test } from 'supertest';
import { type Api, type Caller, type SignedInDevice, startApi } from '../support/api.js';
import { expectProblem } from '../support/expectations.js';
import { exchange } from '../support/raw-http.js';

const route = '/auth/profile/avatar';
const megabyte = 1024 * 1024;
const clock = new FakeClock(new Date('2026-03-01T12:00:00.000Z'));
let api: Api;
let device: SignedInDevice;

beforeAll(async () => {
  api = await startApi({ clock });
  device = await api.register();
});

const red = { r: 200, g: 20, b: 20 };
const blue = { r: 20, g: 20, b: 200 };

function plain(width = 300, height = 200, background: object = red): Sharp {
  return sharp({ create: { width, height, channels: 3, background } });
}

/** What cannot be compressed. */
function noise(width: number, height: number): Sharp {
  const options = {
    width,
    height,
    channels: 3 as const,
    noise: { type: 'gaussian' as const, mean: 128, sigma: 60 },
  };
  return sharp({ create: { ...options, background: red } });
}

const upload = (
  to: Caller,
  bytes: Buffer,
  { name = 'me.png', type = 'image/png', field = 'avatar' } = {},
): Test => to.send('post', route).attach(field, bytes, { filename: name, contentType: type });

const pathOf = (reply: Response): string => new URL(reply.body.data.avatar_url).pathname;

/** The picture that everybody gets after the upload. */
async function pictureOf(reply: Response): Promise<Buffer> {
  expect([reply.status, reply.body.code]).toEqual([200, undefined]);
  const picture = await api.root('get', pathOf(reply)).buffer(true).parse(binary).expect(200);
  return picture.body as Buffer;
}

function binary(reply: unknown, done: (error: Error | null, body: Buffer) => void): void {
  const parts: Buffer[] = [];
  const stream = reply as NodeJS.ReadableStream;
  stream.on('data', (part: Buffer) => parts.push(part)).on('end', () => done(null, Buffer.concat(parts)));
}

async function colourOf(picture: Buffer): Promise<string> {
  const { dominant } = await sharp(picture).stats();
  return dominant.r > dominant.b ? 'red' : 'blue';
}

/** Two frames, red and then blue. */
async function moving(format: 'gif' | 'webp'): Promise<Buffer> {
  const frames = await Promise.all([red, blue].map((colour) => plain(64, 64, colour).png().toBuffer()));
  const joined = sharp(frames, { join: { animated: true } });
  return format === 'gif' ? joined.gif().toBuffer() : joined.webp({ loop: 0 }).toBuffer();
}

/** A PNG whose header claims another size than its data has. */
async function claiming(width: number, height: number): Promise<Buffer> {
  const png = await plain(8, 8).png().toBuffer();
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(height, 20);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xed_b8_83_20 : 0);
  }
  return ~crc >>> 0;
}

describe('a picture', () => {
  it.each([
    ['PNG', () => plain().png().toBuffer()],
    ['PNG with transparency', () => plain().ensureAlpha(0.5).png().toBuffer()],
    ['PNG in grey, 16 bits', () => plain().toColourspace('grey16').png().toBuffer()],
    ['JPEG', () => plain().jpeg().toBuffer()],
    ['progressive JPEG in CMYK', () => plain().toColourspace('cmyk').jpeg({ progressive: true }).toBuffer()],
    ['WebP', () => plain().webp().toBuffer()],
    ['GIF', () => plain().gif().toBuffer()],
    ['PNG of one pixel', () => plain(1, 1).png().toBuffer()],
    ['PNG as wide as allowed', () => plain(4096, 3).png().toBuffer()],
    ['PNG as large as allowed', () => plain(4096, 4096).png().toBuffer()],
  ])('may be a %s, and becomes a WebP of 256 by 256', async (_, make) => {
    const picture = await pictureOf(await upload(device, await make()));
    const { format, width, height, pages } = await sharp(picture).metadata();
    expect({ format, width, height, pages }).toEqual({ format: 'webp', width: 256, height: 256 });
  });

  it.each(['gif', 'webp'] as const)('that moves, as %s, stands still at its first frame', async (format) => {
    const picture = await pictureOf(await upload(device, await moving(format)));
    expect((await sharp(picture).metadata()).pages).toBeUndefined();
    expect(await colourOf(picture)).toBe('red');
  });

  it('loses place, camera and whatever else is written in it [v5.0.0-14.2.8]', async () => {
    const told = {
      IFD0: { Copyright: 'SENTINEL', Make: 'SENTINEL' },
      IFD3: { GPSLatitude: '51/1 30/1 0/1' },
    };
    const photo = await plain()
      .withExif(told)
      .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SENTINEL</x:xmpmeta>')
      .jpeg()
      .toBuffer();
    expect(photo.toString('latin1')).toContain('SENTINEL');
    const picture = await pictureOf(await upload(device, photo, { type: 'image/jpeg' }));
    const { exif, xmp, iptc, icc, comments } = await sharp(picture).metadata();
    expect({ exif, xmp, iptc, icc, comments }).toEqual({});
    expect(picture.toString('latin1')).not.toMatch(/SENTINEL|Exif|EXIF|XMP/);
  });

  it('stands upright however the camera was held', async () => {
    const halves = plain(200, 200, blue).composite([
      { input: await plain(200, 100).png().toBuffer(), gravity: 'north' },
    ]);
    const held = await sharp(await halves.png().toBuffer())
      .withMetadata({ orientation: 3 })
      .jpeg()
      .toBuffer();
    const picture = await pictureOf(await upload(device, held));
    const top = await sharp(picture).extract({ left: 0, top: 0, width: 256, height: 100 }).toBuffer();
    expect(await colourOf(top)).toBe('blue');
  });

  it.each([
    [
      'a GIF with a script behind',
      async () => Buffer.concat([await plain().gif().toBuffer(), Buffer.from('<script>alert(1)</script>')]),
    ],
    [
      'a JPEG with an archive behind',
      async () => Buffer.concat([await plain().jpeg().toBuffer(), Buffer.from('PK\u0003\u0004 alert(1)')]),
    ],
    [
      'a GIF whose comment is a script',
      async () => {
        const gif = await plain().gif().toBuffer();
        const comment = Buffer.from('/*alert(1)*/');
        return Buffer.concat([
          gif.subarray(0, -1),
          Buffer.from([0x21, 0xfe, comment.length]),
          comment,
          Buffer.from([0, 0x3b]),
        ]);
      },
    ],
  ])('that is %s too is a picture only', async (_, make) => {
    const picture = await pictureOf(await upload(device, await make()));
    expect((await sharp(picture).metadata()).format).toBe('webp');
    expect(picture.toString('latin1')).not.toContain('alert');
  });

  it('is what it is, whatever its sender calls it [v5.0.0-5.4.1, v5.0.0-5.4.2]', async () => {
    const name = '../../"me".html\r\nSet-Cookie: a=b';
    const reply = await upload(device, await plain().jpeg().toBuffer(), { name, type: 'text/html' });
    const picture = await api.root('get', pathOf(reply)).expect(200);
    expect(picture.headers['content-type']).toBe('image/webp');
    expect(picture.headers['content-disposition']).toBe('inline; filename="avatar.webp"');
    expect(JSON.stringify([reply.headers, picture.headers])).not.toContain('Set-Cookie');
    expect(api.log.text).not.toContain('me".html');
  });

  it('is taken for as large as it is, when a GIF claims a canvas of 65535 by 65535', async () => {
    const gif = await plain(9, 9).gif().toBuffer();
    gif.writeUInt16LE(65_535, 6);
    gif.writeUInt16LE(65_535, 8);
    const held = process.memoryUsage().rss;
    expect((await sharp(await pictureOf(await upload(device, gif))).metadata()).width).toBe(256);
    expect(process.memoryUsage().rss - held).toBeLessThan(150 * megabyte);
  });
});

describe('an upload is refused', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>alert(1)</script></svg>';
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

  it.each([
    ['SVG [v5.0.0-1.3.4]', async () => Buffer.from(svg)],
    ['SVG with a declaration', async () => Buffer.from(`<?xml version="1.0"?>${svg}`)],
    ['HTML', async () => Buffer.from('<!doctype html><script>alert(1)</script>')],
    ['text', async () => Buffer.from('hello')],
    ['an archive', async () => Buffer.from('PK\u0003\u0004 and so on')],
    ['a document', async () => Buffer.from('%PDF-1.7\n%%EOF')],
    ['TIFF', () => plain().tiff().toBuffer()],
    ['AVIF', () => plain(64, 64).avif().toBuffer()],
  ])('if it is %s', async (_, make) => {
    const before = await api.fingerprint();
    for (const type of ['image/png', 'image/svg+xml', 'text/html']) {
      const reply = await upload(device, await make(), { type });
      expectProblem(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
    expect(await api.fingerprint()).toEqual(before);
  });

  const damaged = [{ field: 'avatar', message: 'is damaged or incomplete' }];

  it.each([
    ['the beginning of a PNG', async () => (await noise(300, 300).png().toBuffer()).subarray(0, -20_000)],
    ['the beginning of a JPEG', async () => (await noise(300, 300).jpeg().toBuffer()).subarray(0, -9_000)],
    ['the beginning of a WebP', async () => (await noise(300, 300).webp().toBuffer()).subarray(0, -9_000)],
    ['the beginning of a GIF', async () => (await noise(300, 300).gif().toBuffer()).subarray(0, -9_000)],
    ['a PNG that claims more than it has', () => claiming(4_000, 4_000)],
    [
      'the head of a PNG over a page',
      async () => Buffer.concat([signature, Buffer.from('\0\0\0\rIHDR<html><script>alert(1)</script>')]),
    ],
    ['a PNG of nothing', () => claiming(0, 0)],
    ['a PNG with more pixels than can be counted', () => claiming(0x7fff_ffff, 0x7fff_ffff)],
  ])('if it is %s', async (_, make) => {
    const before = await api.fingerprint();
    const reply = await upload(device, await make());
    expect([400, 415]).toContain(reply.status);
    if (reply.status === 400)
      expectProblem(reply, { status: 400, code: 'VALIDATION_FAILED', errors: damaged });
    expect(await api.fingerprint()).toEqual(before);
  });

  it.each([
    [
      'has more than 2 MiB',
      async () => Buffer.concat([await plain().png().toBuffer(), Buffer.alloc(2 * megabyte)]),
    ],
    ['has much more', async () => Buffer.alloc(20 * megabyte, 'x')],
    ['is too wide', () => plain(4_097, 2).png().toBuffer()],
    ['is too high', () => plain(2, 4_097).png().toBuffer()],
    ['would unfold to gigabytes', () => claiming(60_000, 60_000)],
  ])('if it %s [v5.0.0-5.2.1]', async (_, make) => {
    const before = await api.fingerprint();
    const bytes = await make();
    const held = process.memoryUsage().rss;
    const reply = await upload(device, bytes);
    expect([reply.status, reply.body.code]).toEqual([413, 'PAYLOAD_TOO_LARGE']);
    expect(process.memoryUsage().rss - held).toBeLessThan(150 * megabyte);
    expect(await api.fingerprint()).toEqual(before);
  });

  it('unless it has exactly one file under the right name', async () => {
    const png = await plain().png().toBuffer();
    const file = { filename: 'a.png', contentType: 'image/png' };
    const form = (): Test => device.send('post', route);
    for (const request of [
      upload(device, png, { field: 'picture' }),
      upload(device, png, { field: '__proto__' }),
      form().attach('avatar', png, file).attach('avatar', png, file),
      form().field('role', 'admin').attach('avatar', png, file),
      form().attach('avatar', png, file).field('role', 'admin'),
      form().field('avatar', 'text'),
      upload(device, Buffer.alloc(0)),
    ]) {
      const { status, body } = await request;
      expect([400, 413]).toContain(status);
      expect(['VALIDATION_FAILED', 'PAYLOAD_TOO_LARGE']).toContain(body.code);
    }
  });

  it.each([
    ['JSON', 'application/json', '{"avatar":"x"}'],
    ['the bare picture', 'image/png', 'x'],
    ['a plain form', 'application/x-www-form-urlencoded', 'avatar=x'],
    ['another multipart', 'multipart/mixed; boundary=x', '--x--'],
  ])('if its body is %s', async (_, type, body) => {
    const reply = await device.send('post', route).set('content-type', type).send(body);
    expectProblem(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  it('if its form breaks off or has no boundary, and the next one is taken', async () => {
    const head = `POST /api/v1${route} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer ${device.token}\r\n`;
    const body = '--x\r\nContent-Disposition: form-data; name="avatar"; filename="a"\r\n\r\nhalf';
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=x']) {
      const { status } = await exchange(
        api.port,
        `${head}Content-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
      expect(status).toBe(400);
    }
    await upload(device, await plain().png().toBuffer()).expect(200);
  });

  it('everywhere else, as every form is [v5.0.0-3.5.2]', async () => {
    const before = await api.fingerprint();
    for (const [method, path] of [
      ['post', '/auth/signin'],
      ['post', '/auth/register'],
      ['put', '/auth/profile'],
      ['delete', '/sessions'],
    ] as const) {
      const reply = await device.send(method, path).attach('avatar', await plain().png().toBuffer(), 'a.png');
      expectProblem(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
    }
    expect(await api.fingerprint()).toEqual(before);
  });

  it('without being read if nobody is signed in, or only to look', async () => {
    const png = await plain().png().toBuffer();
    const stranger = await api.send('post', route).attach('avatar', png, 'a.png');
    expectProblem(stranger, { status: 401, code: 'UNAUTHENTICATED' });
    const share = await device.post('/sessions/shares', { minutes: 5, label: 'look' }).expect(201);
    const { body } = await api
      .send('post', '/auth/shares/redeem')
      .send({ token: share.body.data.token, transport: 'bearer' });
    const guest = api.as(body.data.access_token);
    await guest.get(route).expect(200);
    expectProblem(await upload(guest, png), { status: 403, code: 'FORBIDDEN' });
    expectProblem(await guest.delete(route), { status: 403, code: 'FORBIDDEN' });
  });

  it('by cookies, unless a page of ours sends it [WSTG-SESS-05]', async () => {
    const { person } = await api.register();
    const { email, password } = person;
    const signedIn = await api.send('post', '/auth/signin').send({ email, password, transport: 'cookie' });
    const cookies = ([signedIn.headers['set-cookie'] ?? []] as string[][])
      .flat()
      .map((each) => each.split(';')[0]!);
    const token = cookies.find((each) => each.startsWith('csrf='))!.slice('csrf='.length);
    const png = await plain().png().toBuffer();
    const send = (headers: Record<string, string>): Test =>
      api
        .send('post', route)
        .set({ cookie: cookies.join('; '), ...headers })
        .attach('avatar', png, 'a.png');
    const foreign: Record<string, string>[] = [
      {},
      { 'x-csrf-token': 'guess' },
      { 'x-csrf-token': token, 'sec-fetch-site': 'cross-site' },
      { 'x-csrf-token': token, origin: 'https://evil.example' },
    ];
    for (const headers of foreign) expectProblem(await send(headers), { status: 403, code: 'CSRF_REJECTED' });
    await send({ 'x-csrf-token': token, 'sec-fetch-site': 'same-origin' }).expect(200);
  });
});

describe('the picture of an account', () => {
  it('has an address of its own, which changes with it, and shows in the profile at once', async () => {
    const ann = await api.register();
    expect((await ann.get('/auth/profile')).body.data.avatar_url).toBeNull();
    expectProblem(await ann.get(route), { status: 404, code: 'NOT_FOUND' });
    const [first, second] = [await plain().png().toBuffer(), await plain(9, 9, blue).png().toBuffer()];
    const one = await upload(ann, first).expect(200);
    expect(one.body.data).toMatchObject({ email: ann.person.email, propagation: 'complete' });
    expect(pathOf(one)).toMatch(/^\/api\/v1\/avatars\/[\w-]{43}\.webp$/);
    expect((await ann.get('/auth/profile')).body.data.avatar_url).toBe(one.body.data.avatar_url);
    expect(pathOf(await upload(ann, first))).toBe(pathOf(one));
    const two = await upload(ann, second).expect(200);
    expect(pathOf(two)).not.toBe(pathOf(one));
    expect((await ann.get('/auth/profile')).body.data.avatar_url).toBe(two.body.data.avatar_url);
    expectProblem(await api.root('get', pathOf(one)), { status: 404, code: 'NOT_FOUND' });
    await api.root('get', pathOf(two)).expect(200);
    const { body } = await ann.get('/sessions/events?page_size=100');
    const updates = body.data.events.filter(({ type }: { type: string }) => type === 'user.updated');
    expect(updates).toHaveLength(2);
    expect(updates[0].details).toEqual({ fields: ['avatar'] });
  });

  it('tells nothing about others who have the same [v5.0.0-8.2.2]', async () => {
    const [ann, bob] = [await api.register(), await api.register()];
    const png = await plain(9, 9).png().toBuffer();
    const [of, other] = [await upload(ann, png), await upload(bob, png)];
    expect(pathOf(of)).not.toBe(pathOf(other));
    await bob.delete(route).expect(200);
    await api.root('get', pathOf(of)).expect(200);
  });

  it('is removed, and may be again', async () => {
    const ann = await api.register();
    const reply = await upload(ann, await plain().png().toBuffer());
    for (const removed of [await ann.delete(route), await ann.delete(route)]) {
      expect([removed.status, removed.body.data.avatar_url]).toEqual([200, null]);
    }
    expect((await ann.get('/auth/profile')).body.data.avatar_url).toBeNull();
    expect((await ann.get(route)).status).toBe(404);
    expect((await api.root('get', pathOf(reply))).status).toBe(404);
  });

  it('is served so that it can be kept for ever and do nothing [v5.0.0-3.2.1, v5.0.0-3.5.8]', async () => {
    const ann = await api.register();
    const path = pathOf(await upload(ann, await plain().png().toBuffer()));
    const { headers, body } = await api.root('get', path).buffer(true).parse(binary).expect(200);
    expect(headers).toMatchObject({
      'content-type': 'image/webp',
      'content-length': String(body.length),
      'cache-control': 'public, max-age=31536000, immutable',
      'content-disposition': 'inline; filename="avatar.webp"',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'content-security-policy': expect.stringMatching(/default-src 'none'.*sandbox/),
    });
    expect(headers['set-cookie']).toBeUndefined();
    const { etag } = headers as { etag: string };
    expect(path).toContain(etag.slice(1, -1));
    for (const given of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const kept = await api.root('get', path).set('if-none-match', given);
      expect([kept.status, kept.text, kept.headers.etag]).toEqual([304, '', etag]);
    }
    expect((await api.root('get', path).set('if-none-match', '"other"')).status).toBe(200);
    const head = await api.root('head', path).expect(200);
    expect(head.headers['content-length']).toBe(headers['content-length']);
    const own = await ann.get(route).expect(200);
    expect([own.headers['cache-control'], own.headers.etag]).toEqual(['private, no-cache', etag]);
    expect((await ann.get(route).set('if-none-match', etag)).status).toBe(304);
  });

  it.each([
    'x.webp',
    `${'a'.repeat(43)}.webp`,
    `${'a'.repeat(43)}.png`,
    '%2e%2e%2fusers',
    `${'a'.repeat(43)}.webp%00`,
  ])('is nowhere else: not at %s', async (file) => {
    const reply = await api.root('get', `/api/v1/avatars/${file}`);
    expect(reply.status).toBe(404);
    expect(reply.headers['cache-control']).toBe('no-store');
  });

  it('takes bounded room while many are made at once', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => api.register()));
    const bytes = await noise(800, 800).jpeg({ quality: 95 }).toBuffer();
    const large = await plain(4_096, 4_096).png().toBuffer();
    const held = process.memoryUsage().rss;
    const replies = await Promise.all(
      people.flatMap((each) =>
        [bytes, large, bytes, large, bytes, bytes].map((one) =>
          upload(each, one).then(({ status }) => status),
        ),
      ),
    );
    expect(process.memoryUsage().rss - held).toBeLessThan(600 * megabyte);
    expect(replies.every((status) => status === 200 || status === 503)).toBe(true);
    expect(replies.filter((status) => status === 200).length).toBeGreaterThanOrEqual(12);
    await upload(people[0]!, bytes).expect(200);
  }, 60_000);
});
