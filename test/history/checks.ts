import type { Lifetime } from './lifetimes.js';
import { isRevocation, type Operation } from './recorder.js';

export interface Violation {
  readonly rule: 'S1' | 'S2' | 'LV1' | 'S5';
  readonly what: string;
  readonly operation: Operation | null;
  readonly because: Operation | null;
}

/** S1: no use of a session that began after its revocation was answered 200 is accepted, by any instance. */
export function acceptedAfterProof(
  operations: readonly Operation[],
  lives: ReadonlyMap<string, Lifetime>,
): Violation[] {
  return operations.filter(isAcceptedUse).flatMap((operation) => {
    const proof = lives.get(operation.session ?? '')?.proof;
    if (!proof || operation.start < proof.end) return [];
    const late = (operation.start - proof.end).toFixed(1);
    const what = `accepted by instance ${operation.instance}, begun ${late} ms after the 200`;
    return [{ rule: 'S1', what, operation, because: proof } as const];
  });
}

/** S2: no instance accepts a session after it has itself answered that the session has ended. */
export function acceptedAfterRefusal(operations: readonly Operation[]): Violation[] {
  const refusals = new Map<string, Operation>();
  const place = ({ session, instance, run }: Operation): string => `${session}/${instance}/${run}`;
  for (const operation of operations.filter(saysEnded)) {
    const known = refusals.get(place(operation));
    if (!known || operation.end < known.end) refusals.set(place(operation), operation);
  }
  return operations.filter(isAcceptedUse).flatMap((operation) => {
    const refusal = refusals.get(place(operation));
    if (!refusal || operation.start < refusal.end) return [];
    const late = (operation.start - refusal.end).toFixed(1);
    const what = `accepted by instance ${operation.instance}, begun ${late} ms after its own 401`;
    return [{ rule: 'S2', what, operation, because: refusal } as const];
  });
}

/** LV1: a session that nobody has begun to end is never answered 401. */
export function refusedWhileValid(
  operations: readonly Operation[],
  lives: ReadonlyMap<string, Lifetime>,
): Violation[] {
  return operations.flatMap((operation) => {
    if (operation.status !== 401 || !isWhileValid(operation, lives)) return [];
    const what = `401 ${operation.code} by instance ${operation.instance} for a valid session`;
    return [{ rule: 'LV1', what, operation, because: null } as const];
  });
}

/** The call ended before anybody had begun to end its session. */
export function isWhileValid(operation: Operation, lives: ReadonlyMap<string, Lifetime>): boolean {
  const life = lives.get(operation.session ?? '');
  return life !== undefined && operation.op !== 'sign-in' && operation.end < beginningOf(operation, life);
}

/** A revocation is itself what begins to end its own session. */
function beginningOf(operation: Operation, life: Lifetime): number {
  return isRevocation(operation.op) ? Math.min(life.doubtfulFrom, operation.start) : life.doubtfulFrom;
}

/** Signing out needs a signed token only, so its success says nothing about the session. */
export function isAcceptedUse({ op, outcome }: Operation): boolean {
  return outcome === 'ok' && op !== 'sign-in' && op !== 'sign-out';
}

export function saysEnded({ op, status, code }: Operation): boolean {
  return op !== 'sign-in' && status === 401 && code === 'SESSION_ENDED';
}
