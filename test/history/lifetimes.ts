import { Earliest, type Candidate } from './earliest.js';
import { groupBy } from './group-by.js';
import { isRevocation, type Operation } from './recorder.js';

/** Milliseconds in which a write without an answer may still take effect: no fault and no time-out is longer. */
const afterlife = 12_000;

/** What the callers can know about the life of one session. */
export interface Lifetime {
  readonly session: string;
  readonly user: string;
  /** When the sign-in was answered. */
  readonly since: number;
  /** From here on it may be over: the first revocation that can concern it had begun. */
  readonly doubtfulFrom: number;
  /** The first revocation of it that was answered 200; from its end on it must be over. */
  readonly proof: Operation | null;
}

interface Revocations {
  /** By session: those that name it. */
  readonly ofOne: ReadonlyMap<string, readonly Operation[]>;
  /** By user: those that end many, as they begin and as they are proven. */
  readonly begun: ReadonlyMap<string, Earliest<Operation>>;
  readonly proven: ReadonlyMap<string, Earliest<Operation>>;
}

/** One for each session whose sign-in was answered; O(n log n). */
export function lifetimes(operations: readonly Operation[]): Map<string, Lifetime> {
  const revocations = indexed(
    operations.filter(({ op, outcome }) => isRevocation(op) && outcome !== 'refused'),
  );
  const all = new Map<string, Lifetime>();
  for (const signIn of operations) {
    if (signIn.op !== 'sign-in' || signIn.outcome !== 'ok' || signIn.session === null) continue;
    all.set(signIn.session, lifetimeOf(signIn, signIn.session, revocations));
  }
  return all;
}

function lifetimeOf(signIn: Operation, session: string, revocations: Revocations): Lifetime {
  const named = revocations.ofOne.get(session) ?? [];
  const begun = revocations.begun.get(signIn.user)?.from(signIn.start, session);
  const proven = revocations.proven.get(signIn.user)?.from(signIn.end, session);
  const proofs = named.filter(isProven);
  if (proven) proofs.push(proven.of);
  const starts = named.map(({ start }) => start);
  return {
    session,
    user: signIn.user,
    since: signIn.end,
    doubtfulFrom: Math.min(Number.POSITIVE_INFINITY, ...starts, begun?.value ?? Number.POSITIVE_INFINITY),
    proof: proofs.toSorted((one, other) => one.end - other.end)[0] ?? null,
  };
}

function indexed(revocations: readonly Operation[]): Revocations {
  const many = revocations.filter(({ op }) => op === 'end-others' || op === 'sign-out-all');
  const one = revocations.filter(
    ({ op, target }) => (op === 'end-one' || op === 'sign-out') && target !== null,
  );
  return {
    ofOne: groupBy(one, ({ target }) => target!),
    begun: earliestByUser(many, (op) => ({ key: lastEffect(op), value: op.start, ...concern(op) })),
    proven: earliestByUser(many.filter(isProven), (op) => ({ key: op.start, value: op.end, ...concern(op) })),
  };
}

function earliestByUser(
  operations: readonly Operation[],
  candidate: (of: Operation) => Candidate<Operation>,
): Map<string, Earliest<Operation>> {
  const byUser = groupBy(operations, ({ user }) => user);
  return new Map([...byUser].map(([user, own]) => [user, new Earliest(own.map(candidate))]));
}

function concern(of: Operation): { spares: string | null; of: Operation } {
  return { spares: of.op === 'end-others' ? of.session : null, of };
}

function lastEffect({ outcome, end }: Operation): number {
  return outcome === 'unknown' ? end + afterlife : end;
}

export function isProven({ op, status }: Operation): boolean {
  return isRevocation(op) && status === 200;
}
