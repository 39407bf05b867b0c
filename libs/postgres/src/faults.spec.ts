import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { StoreUnavailableError } from '@app/kernel';
import { DrizzleQueryError } from 'drizzle-orm';
import pg from 'pg';
import { driverError, isRetryable, isUnavailable, violatedUnique } from './faults.js';

function withCode(code: string, message = 'something happened'): Error {
  return Object.assign(new Error(message), { code });
}

function wrapped(cause: Error): Error {
  return new DrizzleQueryError('insert into users values ($1)', ['SENTINEL'], cause);
}

/** The error of a connection attempt to a port on this machine. */
async function connectionErrorAt(port: number): Promise<unknown> {
  const client = new pg.Client({ host: '127.0.0.1', port, connectionTimeoutMillis: 50 });
  client.on('error', () => undefined);
  return client.connect().catch((error: unknown) => error);
}

describe(driverError.name, () => {
  it('finds the error of the driver in what the query builder wraps around it', () => {
    const cause = withCode('23505');

    expect(driverError(wrapped(cause))).toBe(cause);
    expect(driverError(new Error('outer', { cause: wrapped(cause) }))).toBe(cause);
    expect(driverError(cause)).toBe(cause);
  });

  it('finds an error that has no code, such as a time-out of the driver itself', () => {
    const cause = new Error('Query read timeout');

    expect(driverError(wrapped(cause))).toBe(cause);
  });

  it('finds an error that comes from another realm', () => {
    const cause = { message: 'connect ECONNREFUSED', code: 'ECONNREFUSED' };

    expect(driverError(wrapped(cause as unknown as Error))).toBe(cause);
  });
});

describe(isUnavailable.name, () => {
  it.each([
    ['connection failure', '08006'],
    ['too many connections', '53300'],
    ['out of memory', '53200'],
    ['disk full', '53100'],
    ['statement time-out or cancel', '57014'],
    ['shutdown by the administrator', '57P01'],
    ['crash of another backend', '57P02'],
    ['server still starting', '57P03'],
    ['I/O error', '58030'],
    ['a read-only server', '25006'],
    ['an idle transaction given up', '25P03'],
    ['a lost race', '40001'],
    ['a deadlock', '40P01'],
    ['a lock that was not to be had', '55P03'],
    ['a refused connection', 'ECONNREFUSED'],
    ['a reset connection', 'ECONNRESET'],
    ['a broken pipe', 'EPIPE'],
    ['a silent network', 'ETIMEDOUT'],
    ['an unknown host', 'ENOTFOUND'],
    ['a failing resolver', 'EAI_AGAIN'],
    ['an unreachable host', 'EHOSTUNREACH'],
    ['an unreachable network', 'ENETUNREACH'],
  ])('is true for %s (%s)', (_what, code) => {
    expect(isUnavailable(withCode(code))).toBe(true);
    expect(isUnavailable(wrapped(withCode(code)))).toBe(true);
  });

  it.each([
    'timeout exceeded when trying to connect',
    'timeout expired',
    'Query read timeout',
    'Connection terminated',
    'Connection terminated unexpectedly',
    'Connection terminated due to connection timeout',
    'Client has encountered a connection error and is not queryable',
    'Client was closed and is not queryable',
    'Cannot use a pool after calling end on the pool',
    'PGlite is closed',
  ])('is true for what the drivers say without a code: %s', (message) => {
    expect(isUnavailable(new Error(message))).toBe(true);
    expect(isUnavailable(wrapped(new Error(message)))).toBe(true);
  });

  it('is true for a port where nobody listens', async () => {
    expect(isUnavailable(await connectionErrorAt(1))).toBe(true);
  });

  it('is true for a server that accepts and never answers', async () => {
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');

    const error = await connectionErrorAt((silent.address() as AddressInfo).port);

    expect(isUnavailable(error)).toBe(true);
    await new Promise((closed) => silent.close(closed));
  });

  it.each([
    ['a unique violation', withCode('23505')],
    ['a foreign key violation', withCode('23503')],
    ['a syntax error', withCode('42601')],
    ['a missing table', withCode('42P01')],
    ['a failed transaction', withCode('25P02')],
    ['a value out of range', withCode('22003')],
    ['a wrong password of ours', withCode('28P01')],
    ['a bug', new TypeError('x is not a function')],
    ['a text that only mentions a time-out', new Error('the timeout expired for this person')],
    ['a refusal', new StoreUnavailableError('postgres')],
  ])('is false for %s', (_what, error) => {
    expect(isUnavailable(error)).toBe(false);
    expect(isUnavailable(wrapped(error))).toBe(false);
  });
});

describe(isRetryable.name, () => {
  it.each(['40001', '40P01', '55P03'])('is true for a race that a second attempt wins (%s)', (code) => {
    expect(isRetryable(wrapped(withCode(code)))).toBe(true);
  });

  it.each(['23505', '57014', '08006', 'ECONNRESET'])('is false for %s', (code) => {
    expect(isRetryable(withCode(code))).toBe(false);
  });
});

describe(violatedUnique.name, () => {
  it('names the constraint', () => {
    const error = Object.assign(withCode('23505'), { constraint: 'users_email_unique' });

    expect(violatedUnique(error)).toBe('users_email_unique');
    expect(violatedUnique(wrapped(error))).toBe('users_email_unique');
  });

  it('is an empty name where the driver tells none, which is still a violation', () => {
    expect(violatedUnique(withCode('23505'))).toBe('');
  });

  it('is null for everything else', () => {
    expect(violatedUnique(withCode('23503'))).toBeNull();
    expect(violatedUnique(new Error('duplicate key value'))).toBeNull();
  });
});
