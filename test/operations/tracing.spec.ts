import { readFileSync } from 'node:fs';
import { eventually } from '@app/testing';
import type { Device } from '../faults/support/api-client.js';
import type { Reply } from '../faults/support/http.js';
import { Instance } from '../faults/support/instance.js';
import { own } from '../faults/support/own.js';
import { notDurable, startPostgres, startRedis } from '../faults/support/stores.js';
import { aPerson } from '../support/people.js';
import { TraceReceiver } from './support/trace-receiver.js';

let receiver: TraceReceiver;
let instance: Instance;
let device: Device;

beforeAll(async () => {
  const [postgres, redis] = await Promise.all([startPostgres(notDurable), startRedis()]);
  receiver = await TraceReceiver.start();
  own(() => receiver.close());
  instance = await Instance.onServers(postgres.url, {
    REDIS_URL: redis.url,
    LOG_REQUESTS: '1',
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    // The SDK's own: it would gather spans for five seconds.
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  device = await instance.api.register(aPerson());
}, 60_000);

let made = 0;

/** A trace that some client began, with the span of its request. */
function aTrace(): { traceId: string; headers: Record<string, string> } {
  made += 1;
  const traceId = String(made).padStart(32, 'a');
  return { traceId, headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } };
}

async function traced(traceId: string, name: string): Promise<string[]> {
  const ended = () => receiver.namesOf(traceId).includes(name);
  await eventually(ended, {
    describe: () => `${name}, not only ${receiver.spans.map((span) => span.name).join()}`,
  });
  return receiver.namesOf(traceId);
}

/** What the log tells under a trace, in its order. */
function eventsOf(traceId: string): string[] {
  const lines = instance.process.output.split('\n').filter((line) => line.includes(traceId));
  return lines.map((line) => (JSON.parse(line) as { event: string }).event);
}

function guess(headers: Record<string, string>): Promise<Reply> {
  const body = { email: device.person.email, password: 'nothing that anybody has chosen' };
  return instance.api.ask('POST', '/auth/signin', { body, headers });
}

describe('a trace', () => {
  it('goes on from the client’s through the request to what it asks the stores', async () => {
    const { traceId, headers } = aTrace();
    const reply = await instance.api.ask('GET', '/auth/session', { token: device.token, headers });
    expect(reply.status).toBe(200);
    const names = await traced(traceId, 'GET /api/v1/auth/session');
    expect(names.some((name) => name === 'redis' || name === 'postgres check')).toBe(true);
    const spans = receiver.of(traceId);
    const request = spans.find(({ name }) => name.startsWith('GET'))!;
    expect(request.parentSpanId).toBe('00f067aa0ba902b7');
    expect(reply.headers.traceresponse).toBe(`00-${traceId}-${request.spanId}-01`);
    for (const span of spans.filter(({ name }) => name === 'postgres check'))
      expect(span.parentSpanId).toBe(request.spanId);
  });

  it('shows where a sign-in and a revocation spend their time', async () => {
    const [signIn, signOut] = [aTrace(), aTrace()];
    const { email, password } = device.person;
    const body = { email, password };
    const reply = await instance.api.ask('POST', '/auth/signin', { body, headers: signIn.headers });
    expect(await traced(signIn.traceId, 'POST /api/v1/auth/signin')).toEqual(
      expect.arrayContaining(['password verify', 'postgres transaction', 'postgres query']),
    );
    const token = reply.body.data!.access_token;
    await instance.api.ask('POST', '/auth/signout', { token, headers: signOut.headers });
    expect(await traced(signOut.traceId, 'POST /api/v1/auth/signout')).toContain('revocation proof');
  });

  it('is named in the lines of the log', async () => {
    const { traceId, headers } = aTrace();
    await guess(headers);
    await traced(traceId, 'POST /api/v1/auth/signin');
    expect(eventsOf(traceId)).toEqual(['signin.failed', 'request.completed']);
  });

  it('is its own, also for requests that arrive and are handled together', async () => {
    const traces = [aTrace(), aTrace()];
    await Promise.all(traces.map(({ headers }) => guess(headers)));
    for (const { traceId } of traces) {
      await traced(traceId, 'POST /api/v1/auth/signin');
      expect(eventsOf(traceId)).toEqual(['signin.failed', 'request.completed']);
    }
  });

  it('begins here when a client names none, and probes make none', async () => {
    const { headers } = await instance.api.ask('GET', '/auth/session', { token: device.token });
    const [, traceId] = (headers.traceresponse as string).split('-');
    await traced(traceId!, 'GET /api/v1/auth/session');
    expect((await instance.api.ready()).headers.traceresponse).toBeUndefined();
  });

  it('tells nothing of anybody', () => {
    const { email, password } = device.person;
    for (const secret of [email, password, device.token, device.sessionId, device.userId])
      expect(receiver.text).not.toContain(secret);
  });
});

describe('tracing', () => {
  it('costs requests nothing when its receiver is away, and an end two seconds at most', async () => {
    receiver.close();
    expect((await instance.api.check(device.token)).status).toBe(200);
    expect(await instance.process.stop()).toMatchObject({ code: 0, signal: null });
  });

  it('is not even loaded when nobody asked for it', () => {
    const loaded = staticallyImported('api.js');
    expect(loaded.size).toBeGreaterThan(0);
    for (const file of loaded) expect(file).not.toMatch(/open-telemetry|otlp/);
    const isInOne = [...loaded].some((file) =>
      readFileSync(`dist/bin/${file}`, 'utf8').includes('class BatchSpanProcessor'),
    );
    expect(isInOne).toBe(false);
  });
});

/** The files of a packed program that its start reads, whether or not it needs them. */
function staticallyImported(file: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  const text = readFileSync(`dist/bin/${file}`, 'utf8');
  for (const [, next] of text.matchAll(/^import [^;]*?["']\.\/([^"']+)["']/gm))
    staticallyImported(next!, found);
  return found;
}
