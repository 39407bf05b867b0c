import { promisedButMissing } from './audit.js';
import { count } from './counters.js';
import { Earliest } from './earliest.js';
import { judge } from './judgement.js';
import { lifetimes } from './lifetimes.js';
import { type Impairment, type Kind, type Operation, outcomeOf } from './recorder.js';

let nextId = 0;

/** One call of user `ann`; a status with its time tells the rest. */
function call(op: Kind, session: string, of: Partial<Operation> & { at: number; took?: number }): Operation {
  const { at, took = 5, ...rest } = of;
  const status = rest.status === undefined ? 200 : rest.status;
  const code = status === 401 ? 'SESSION_ENDED' : null;
  nextId += 1;
  return {
    id: nextId,
    proc: 'test',
    instance: 0,
    run: 0,
    op,
    session,
    target: session,
    user: 'ann',
    start: at,
    end: at + took,
    code,
    mode: null,
    outcome: outcomeOf(op, status),
    ...rest,
    status,
  };
}

const signIn = (session: string, at: number, of: Partial<Operation> = {}) =>
  call('sign-in', session, { at, status: 201, ...of });

const rulesBroken = (operations: Operation[]): string[] =>
  judge({ operations, impairments: [] }, 2).violations.map(({ rule }) => rule);

describe('S1', () => {
  const revocations: [string, Operation][] = [
    ['a sign-out', call('sign-out', 's', { at: 100 })],
    ['the end of one session', call('end-one', 'other', { target: 's', at: 100 })],
    ['the end of all others', call('end-others', 'other', { at: 100 })],
    ['a sign-out everywhere', call('sign-out-all', 's', { at: 100 })],
  ];

  it.each(revocations)('is broken by a use that began after %s was answered 200', (_, revocation) => {
    const use = call('validate', 's', { at: 105, instance: 1 });
    expect(rulesBroken([signIn('other', 0), signIn('s', 0), revocation, use])).toEqual(['S1']);
  });

  it.each(revocations)('allows a use that began before %s was answered', (_, revocation) => {
    const use = call('validate', 's', { at: 104, took: 90, instance: 1 });
    expect(rulesBroken([signIn('other', 0), signIn('s', 0), revocation, use])).toEqual([]);
  });

  it.each([202, 503, null])('promises nothing for a revocation answered %s', (status) => {
    const revocation = call('sign-out', 's', { at: 100, status });
    expect(rulesBroken([signIn('s', 0), revocation, call('validate', 's', { at: 500 })])).toEqual([]);
  });

  it('is broken by any accepted call that needs a session, not by signing out again', () => {
    const operations = [signIn('s', 0), call('sign-out', 's', { at: 100 })];
    expect(rulesBroken([...operations, call('end-others', 's', { at: 200 })])).toEqual(['S1']);
    expect(rulesBroken([...operations, call('sign-out', 's', { at: 200 })])).toEqual([]);
  });

  it('spares the session that ended the others', () => {
    const operations = [signIn('keeper', 0), signIn('s', 0), call('end-others', 'keeper', { at: 100 })];
    expect(rulesBroken([...operations, call('validate', 'keeper', { at: 200 })])).toEqual([]);
  });

  it('does not hold for a session that was opened while the others were being ended', () => {
    const operations = [signIn('keeper', 0), call('end-others', 'keeper', { at: 100, took: 50 })];
    expect(rulesBroken([...operations, signIn('s', 110), call('validate', 's', { at: 200 })])).toEqual([]);
  });

  it('counts the earliest of several proofs', () => {
    const proofs = [call('sign-out', 's', { at: 300 }), call('sign-out', 's', { at: 100 })];
    expect(rulesBroken([signIn('s', 0), ...proofs, call('validate', 's', { at: 200 })])).toEqual(['S1']);
  });

  it('is a matter between a user and their own sessions', () => {
    const operations = [
      signIn('s', 0),
      signIn('t', 0, { user: 'bob' }),
      call('sign-out-all', 's', { at: 100 }),
    ];
    expect(rulesBroken([...operations, call('validate', 't', { at: 200, user: 'bob' })])).toEqual([]);
  });
});

describe('S2', () => {
  const refusal = call('validate', 's', { at: 100, status: 401 });
  const begun = [signIn('s', 0), call('sign-out', 's', { at: 90, took: 900, status: 202 }), refusal];

  it('is broken when an instance accepts what it has called ended', () => {
    expect(rulesBroken([...begun, call('validate', 's', { at: 106 })])).toEqual(['S2']);
  });

  it('binds neither another instance nor the same one after a restart', () => {
    const others = [
      call('validate', 's', { at: 106, instance: 1 }),
      call('validate', 's', { at: 106, run: 1 }),
    ];
    expect(rulesBroken([...begun, ...others])).toEqual([]);
  });

  it('counts how far the others lag behind', () => {
    const operations = [...begun, call('validate', 's', { at: 125, instance: 1 })];
    const { overtaken } = count({ operations, impairments: [] }, lifetimes(operations), 2);
    expect(overtaken).toEqual({ count: 1, longestMs: 20 });
  });
});

describe('LV1', () => {
  it('is broken by a 401 for a session that nobody has begun to end', () => {
    expect(rulesBroken([signIn('s', 0), call('validate', 's', { at: 50, status: 401 })])).toEqual(['LV1']);
  });

  it.each([
    ['was answered', 200],
    ['may still happen', null],
  ])('allows it once a revocation has begun that %s', (_, status) => {
    const operations = [signIn('s', 0), call('sign-out-all', 'other', { at: 50, took: 1, status })];
    expect(rulesBroken([...operations, call('validate', 's', { at: 60, status: 401 })])).toEqual([]);
  });

  it('is not excused by a revocation that was refused or came later', () => {
    const refused = call('end-others', 'other', { at: 40, status: 401, code: 'UNAUTHENTICATED' });
    const later = call('sign-out', 's', { at: 70 });
    const use = call('validate', 's', { at: 50, status: 401 });
    expect(rulesBroken([signIn('s', 0), refused, use, later])).toEqual(['LV1']);
  });

  it('counts 503 by what was broken for that instance', () => {
    const away = (what: Impairment['what'], start: number, end: number): Impairment => ({
      fault: what,
      what,
      start,
      end,
      instances: [0],
    });
    const operations = [
      signIn('s', 0),
      ...[1_000, 5_000, 20_000].map((at) => call('validate', 's', { at, status: 503 })),
      call('validate', 's', { at: 5_000, status: 503, instance: 1 }),
      call('validate', 's', { at: 5_000, mode: 'cache-only' }),
    ];
    const impairments = [away('redis', 900, 1_100), away('postgres', 900, 6_000)];
    const { valid } = count({ operations, impairments }, lifetimes(operations), 2);
    expect(valid).toEqual({ asked: 5, cacheOnly: 1, bothAway: 1, postgresAway: 1, stray: 2 });
  });
});

describe('S5', () => {
  const operations = [signIn('s', 0), signIn('t', 0), call('sign-out', 's', { at: 100, status: 202 })];
  const missing = (live: Record<string, boolean>): string[] =>
    promisedButMissing(operations, new Map(Object.entries(live))).map(({ what }) => what);

  it('holds when Postgres has everything that was answered', () => {
    expect(missing({ s: false, t: true })).toEqual([]);
  });

  it('is broken by a session that was handed out and is not there', () => {
    expect(missing({ s: false })).toEqual(['a session that was handed out is not in Postgres']);
  });

  it('is broken by a revocation that was answered, even 202, and did not happen', () => {
    expect(missing({ s: true, t: true })).toEqual([
      'a revocation was answered 2xx and the session is not ended in Postgres',
    ]);
  });
});

describe('the window after an answer', () => {
  it('is covered by validations that began in it and were answered', () => {
    const operations = [
      signIn('s', 0),
      call('sign-out', 's', { at: 95 }),
      ...[99, 100, 105, 106, 150, 151].map((at) => call('validate', 's', { at, status: 401, instance: 1 })),
      call('validate', 's', { at: 101, status: null }),
    ];
    const { within5ms, within50ms } = count({ operations, impairments: [] }, lifetimes(operations), 2);
    expect({ within5ms, within50ms }).toEqual({ within5ms: [0, 2], within50ms: [0, 4] });
  });
});

describe(Earliest.name, () => {
  it('finds what a walk through all candidates finds', () => {
    const candidates = Array.from({ length: 60 }, (_, index) => ({
      key: (index * 37) % 50,
      value: (index * 53) % 71,
      spares: index % 3 === 0 ? null : `session-${index % 4}`,
      of: index,
    }));
    const earliest = new Earliest(candidates);
    for (let key = -1; key <= 51; key += 1) {
      for (const session of ['session-0', 'session-1', 'session-2', 'somebody']) {
        const values = candidates
          .filter((one) => one.key >= key && one.spares !== session)
          .map(({ value }) => value);
        expect(earliest.from(key, session)?.value ?? Infinity).toBe(Math.min(Infinity, ...values));
      }
    }
  });
});
