import { OverloadedError } from './bulkhead.js';
import { DomainError, StoreUnavailableError } from './errors.js';

class NotNowError extends DomainError {
  readonly code = 'NOT_NOW';
  readonly kind = 'conflict';
}

describe(DomainError.name, () => {
  it('is named after its class and carries no facts unless given some', () => {
    const error = new NotNowError('Later.');

    expect(error).toMatchObject({ name: 'NotNowError', message: 'Later.', facts: {} });
    expect(error.retryAfterSeconds).toBeUndefined();
    expect(Object.hasOwn(error, 'cause')).toBe(false);
  });

  it('keeps facts for the client apart from the cause for the log', () => {
    const cause = new Error('deadlock');

    expect(new NotNowError('Later.', { facts: { limit: 5 }, cause })).toMatchObject({
      facts: { limit: 5 },
      cause,
    });
  });
});

describe(StoreUnavailableError.name, () => {
  it('asks to try again and does not name the store in words for the client', () => {
    const error = new StoreUnavailableError('postgres', new Error('connect ECONNREFUSED 10.0.0.7:5432'));

    expect(error).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1, store: 'postgres', facts: {} });
    expect(error.message).not.toMatch(/postgres|ECONNREFUSED|10\.0\.0\.7/);
  });
});

describe(OverloadedError.name, () => {
  it('asks to try again', () => {
    expect(new OverloadedError()).toMatchObject({ kind: 'unavailable', retryAfterSeconds: 1 });
  });
});
