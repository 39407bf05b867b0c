import fc from 'fast-check';
import { endOf, type SessionEnd, type SessionSpan } from './session.js';

/** Minutes after an arbitrary moment. */
const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1) + minute * 60_000);

function span(idle: number, absolute: number, ended: SessionEnd | null = null): SessionSpan {
  return { idleExpiresAt: at(idle), expiresAt: at(absolute), ended };
}

const idleEnd = (minute: number): SessionEnd => ({ at: at(minute), reason: 'expired_idle' });
const absoluteEnd = (minute: number): SessionEnd => ({ at: at(minute), reason: 'expired_absolute' });
const signout = (minute: number): SessionEnd => ({ at: at(minute), reason: 'signout' });

describe(endOf.name, () => {
  it.each<[string, SessionSpan, number, SessionEnd | null]>([
    ['lives before both limits', span(10, 20), 9, null],
    ['v5.0.0-7.3.1 dies of idleness at the exact moment', span(10, 20), 10, idleEnd(10)],
    ['v5.0.0-7.3.2 dies of age at the exact moment', span(20, 20), 20, absoluteEnd(20)],
    ['v5.0.0-7.3.2 dies of age although it is in use', span(30, 20), 20, absoluteEnd(20)],
    ['dies of what came first when both limits have passed', span(10, 20), 99, idleEnd(10)],
    ['is over once somebody ended it', span(10, 20, signout(5)), 5, signout(5)],
    [
      'is over for the reason it was ended for, however late one asks',
      span(10, 20, signout(5)),
      99,
      signout(5),
    ],
    ['had expired when it was ended afterwards', span(10, 20, signout(15)), 16, idleEnd(10)],
    ['had expired when it was ended at that very moment', span(10, 20, signout(10)), 10, idleEnd(10)],
  ])('%s', (_claim, session, now, end) => {
    expect(endOf(session, at(now))).toEqual(end);
  });

  const minute = fc.integer({ min: 0, max: 50 });
  const session = fc
    .record({ idle: minute, absolute: minute, signedOut: fc.option(minute) })
    .map(({ idle, absolute, signedOut }) =>
      span(idle, absolute, signedOut === null ? null : signout(signedOut)),
    );

  it('lets a session live exactly while it is not ended and before both limits', () => {
    fc.assert(
      fc.property(session, minute, (each, now) => {
        const isLive = !each.ended && at(now) < each.idleExpiresAt && at(now) < each.expiresAt;

        expect(endOf(each, at(now)) === null).toBe(isLive);
      }),
    );
  });

  it('names the earliest cause, and the same one whenever one asks later', () => {
    fc.assert(
      fc.property(session, minute, minute, (each, now, later) => {
        const end = endOf(each, at(now));
        fc.pre(end !== null && now <= later && !(each.ended && each.ended.at > at(now)));
        const causes = [each.idleExpiresAt, each.expiresAt, each.ended?.at].filter(
          (cause) => cause !== undefined,
        );

        expect(endOf(each, at(later))).toEqual(end);
        expect(causes.filter((cause) => cause < end.at && cause <= at(now))).toEqual([]);
      }),
    );
  });
});
