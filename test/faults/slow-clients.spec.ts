import { connect, type Socket } from 'node:net';
import type { PostgresProcess } from '@app/testing';
import { aPerson, type Person } from '../support/people.js';
import { ApiClient, type Device } from './support/api-client.js';
import { answerOf, Asking } from './support/asking.js';
import { Instance } from './support/instance.js';
import { own } from './support/own.js';
import { notDurable, startPostgres } from './support/stores.js';

/** A request must be complete after 10 s; the server looks once a second; the rest is for a busy machine. */
const patienceSeconds = 11;
const allowance = 5;

let postgres: PostgresProcess;
let instance: Instance;
let device: Device;

beforeAll(async () => {
  postgres = await startPostgres(notDurable);
  instance = await Instance.onServers(postgres.url);
  device = await instance.api.register(aPerson());
}, 60_000);

function askingAlways(pauseMs: number): Asking {
  const client = ApiClient.at(instance.process.baseUrl, { keepAlive: true });
  own(() => client.http.close());
  return new Asking(() => client.check(device.token), { callers: 2, pauseMs });
}

/** Sends the beginning of a request, then one byte a second and never the end; ends not even when the server does. */
class SlowLoris {
  readonly closed: Promise<{ readonly seconds: number; readonly received: string }>;
  private readonly socket: Socket;

  constructor(port: number, beginning: string) {
    const opened = performance.now();
    let received = '';
    this.socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () =>
      this.socket.write(beginning),
    );
    const drip = setInterval(() => this.socket.writable && this.socket.write('a'), 1_000);
    this.socket.on('data', (bytes) => (received += bytes.toString('latin1')));
    this.socket.on('error', () => undefined); // A reset is a way of being closed.
    this.closed = new Promise((resolve) => {
      this.socket.once('close', () => {
        clearInterval(drip);
        resolve({ seconds: (performance.now() - opened) / 1000, received });
      });
    });
    own(() => this.socket.destroy());
  }
}

describe('two hundred clients that never finish their request', () => {
  it('are closed after about 11 s, while honest ones are answered', async () => {
    const halfHeaders = 'GET /api/v1/auth/session HTTP/1.1\r\nHost: localhost\r\nX-Slow: a';
    const halfBody =
      'POST /api/v1/auth/signin HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      'Content-Length: 1000\r\n\r\n{"email":"a';
    const honest = askingAlways(5);
    const { port } = instance.process;
    const slow = Array.from(
      { length: 200 },
      (_, index) => new SlowLoris(port, index % 2 ? halfBody : halfHeaders),
    );
    const ends = await Promise.all(slow.map(({ closed }) => closed));
    expect(Math.max(...ends.map(({ seconds }) => seconds))).toBeLessThan(patienceSeconds + allowance);
    expect(Math.min(...ends.map(({ seconds }) => seconds))).toBeGreaterThan(9);
    for (const { received } of ends) expect(received).toMatch(/^HTTP\/1\.1 408 /);

    expect(await honest.stop()).toEqual(['200']);
    expect(honest.countOf('200')).toBeGreaterThan(500);
  }, 60_000);
});

describe('two thousand sign-ins at once', () => {
  it('end in 200, 401 or 503 with Retry-After, while sessions are still checked', async () => {
    const people: Person[] = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const person = aPerson();
        await instance.api.register(person);
        return person;
      }),
    );
    const honest = askingAlways(5);
    await honest.until('200');
    const replies = await Promise.all(
      Array.from({ length: 2_000 }, (_, index) => {
        const person = people[index % people.length]!;
        return instance.api.trySignIn(index % 10 ? person : { ...person, password: 'not that one' });
      }),
    );
    const answers = await Promise.all(replies.map((reply) => answerOf(Promise.resolve(reply))));
    const countOf = (answer: string): number => answers.filter((each) => each === answer).length;
    expect(countOf('200')).toBeGreaterThan(0);
    expect(countOf('401 INVALID_CREDENTIALS')).toBeGreaterThan(0);
    expect(countOf('503 OVERLOADED')).toBeGreaterThan(0);
    // Two thousand requests in one moment keep the process from seeing what the store answered to the first few.
    expect(countOf('503 STORE_UNAVAILABLE')).toBeLessThan(100);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 401, 503]));
    for (const { status, headers } of replies) {
      if (status === 503) expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }

    expect(await honest.stop()).toEqual(['200']);
    expect((await instance.api.ready()).body.status).toBe('ok');
    await instance.api.signIn(people[0]!);
  }, 150_000);
});
