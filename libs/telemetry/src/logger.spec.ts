import fc from 'fast-check';
import { Log } from './log.js';
import { createLogger, NestLogger, type Logger } from './logger.js';

/** A logger whose lines are kept. */
function recorded(level = 'trace'): { logger: Logger; lines: string[]; last: () => Record<string, unknown> } {
  const lines: string[] = [];
  const logger = createLogger(level, { write: (line: string) => void lines.push(line) });
  return { logger, lines, last: () => JSON.parse(lines.at(-1)!) as Record<string, unknown> };
}

/** As `pg` and PGlite throw them: the server's report, and with PGlite the statement and its parameters. */
function databaseError(): Error {
  return Object.assign(new Error('duplicate key value violates unique constraint "users_email_unique"'), {
    name: 'error',
    code: '23505',
    detail: 'Key (email_normalized)=(SENTINEL@corp.test) already exists.',
    where: 'SENTINEL',
    internalQuery: 'SENTINEL',
    constraint: 'users_email_unique',
    query: 'insert into users values ($1)',
    params: ['SENTINEL'],
    parameters: ['SENTINEL'],
  });
}

/** As drizzle wraps them: the parameters are part of message and stack. */
function wrappedError(): Error {
  const query = 'insert into users values ($1)';
  return Object.assign(new Error(`Failed query: ${query}\nparams: SENTINEL`, { cause: databaseError() }), {
    query,
    params: ['SENTINEL'],
  });
}

describe(createLogger.name, () => {
  it('v5.0.0-16.2.2 writes one JSON object per line with the time in ISO 8601 UTC and a level in words', () => {
    const { logger, lines, last } = recorded();
    logger.warn({ event: 'redis.unavailable' });

    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(last()).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      event: 'redis.unavailable',
    });
  });

  it('stays silent below its level', () => {
    const { logger, lines } = recorded('warn');
    logger.info({ event: 'session.created' });

    expect(lines).toEqual([]);
  });

  it('v5.0.0-16.4.1 stays on one line whatever the fields hold', () => {
    const hostile = [
      '\r\n',
      '\n',
      '\u2028',
      '\u2029',
      '\u0085',
      '\u001b[2J',
      '\u009b2J',
      '\u0007',
      '\u007f',
      '"',
      '\\',
    ];
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(...hostile), fc.string()), { maxLength: 8 }), (parts) => {
        const { logger, lines, last } = recorded();
        const text = parts.join('');
        logger.info({ event: 'e', user_agent: text, [text]: [text] }, text);

        const [line, rest] = lines.join('').split(/(?<=\n)/);
        expect(rest).toBeUndefined();
        // eslint-disable-next-line no-control-regex -- control characters are what must not be there
        expect(line!.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/);
        expect(last()).toMatchObject({ user_agent: text });
      }),
    );
  });

  it('v5.0.0-1.3.10 takes no text of a user for a format', () => {
    const { logger, last } = recorded();
    new Log(logger).info('session.created', { user_agent: '%s %d %o %j' });

    expect(last()).toMatchObject({ event: 'session.created', user_agent: '%s %d %o %j' });
  });

  it.each([
    'password',
    'current_password',
    'new_password',
    'access_token',
    'refresh_token',
    'client_secret',
    'authorization',
    'cookie',
    'set-cookie',
  ])('v5.0.0-16.2.5 writes no %s, on the first level or deeper', (name) => {
    const { logger, lines, last } = recorded();
    const secret = { [name]: 'SENTINEL' };
    logger.info({
      ...secret,
      body: secret,
      req: { headers: secret, body: { user: secret } },
      res: { headers: secret },
    });

    expect(lines.join('')).not.toContain('SENTINEL');
    expect(last()).toMatchObject({ [name]: '[redacted]', req: { headers: { [name]: '[redacted]' } } });
  });

  it('does not change what it was given', () => {
    const { logger } = recorded();
    const body = Object.freeze({ password: 'four words' });
    logger.info({ body });

    expect(body.password).toBe('four words');
  });

  it.each([
    ['a driver', databaseError()],
    ['the query builder', wrappedError()],
    ['a refusal that was caused by it', new Error('The service is busy.', { cause: wrappedError() })],
    ['several at once', new AggregateError([databaseError(), wrappedError()], 'all failed')],
  ])('v5.0.0-16.2.5 writes no parameter of a statement when the error comes from %s', (_whom, error) => {
    const { logger, lines } = recorded();
    new Log(logger).error('request.failed', error);
    logger.error(error);
    logger.error({ err: error }, 'failed');

    expect(lines).toHaveLength(3);
    expect(lines.join('')).not.toContain('SENTINEL');
  });

  it('keeps of an error what an operator needs: type, message, code, stack and causes', () => {
    const { logger, last } = recorded();
    const error = new TypeError('The service cannot check this.', { cause: wrappedError() });
    new Log(logger).error('request.failed', error, { request_id: 'r-1' });

    expect(last()).toMatchObject({
      level: 'error',
      event: 'request.failed',
      request_id: 'r-1',
      err: {
        type: 'TypeError',
        message: 'The service cannot check this.',
        stack: expect.stringContaining('logger.spec'),
        cause: {
          message: 'duplicate key value violates unique constraint "users_email_unique"',
          code: '23505',
          stack: expect.stringContaining('logger.spec'),
        },
      },
    });
  });

  it('survives an error that is its own cause', () => {
    const { logger, last } = recorded();
    const error = new Error('a ring');
    error.cause = error;
    logger.error({ err: error });

    expect(last()).toMatchObject({ err: { message: 'a ring' } });
  });

  it.each(['text', 42, null, undefined, { reason: 'an object' }])(
    'logs %j thrown in place of an error',
    (thrown) => {
      const { logger, lines } = recorded();
      new Log(logger).error('request.failed', thrown);

      expect(lines).toHaveLength(1);
    },
  );
});

describe(NestLogger.name, () => {
  it('carries the lines of the framework with their context', () => {
    const { logger, last } = recorded();
    const nest = new NestLogger(logger);

    nest.warn('deprecated', 'Router');
    expect(last()).toMatchObject({ level: 'warn', context: 'Router', msg: 'deprecated' });
    nest.error('failed', 'Error: failed\n  at x', 'Router');
    expect(last()).toMatchObject({ level: 'error', context: 'Router', stack: 'Error: failed\n  at x' });
  });

  it('tells a context from a stack when only one of them is given', () => {
    const { logger, last } = recorded();
    const nest = new NestLogger(logger);

    nest.error('failed', 'Router');
    expect(last()).toMatchObject({ context: 'Router', msg: 'failed' });
    expect(last()).not.toHaveProperty('stack');
    nest.error('failed', 'Error: failed\n    at x (y.js:1:1)');
    expect(last()).toMatchObject({ stack: 'Error: failed\n    at x (y.js:1:1)' });
    expect(last()).not.toHaveProperty('context');
  });

  it('demotes the module-by-module report of a start to debug', () => {
    const { logger, last } = recorded();
    new NestLogger(logger).log('Mapped {/health, GET} route', 'RouterExplorer');

    expect(last()).toMatchObject({ level: 'debug', context: 'RouterExplorer' });
  });
});
